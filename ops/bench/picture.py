"""Charts as SVG, for what the benchmarks sampled over time."""

WIDTH, LEFT, RIGHT, HEIGHT, GAP, TOP = 920, 60, 210, 220, 70, 50
COLOURS = ["#4477aa", "#66ccee", "#228833", "#ee6677", "#ccbb44"]


class Panel:
    """One chart: time across, 0 to `most` upwards. `ticks` are values and what is written beside them."""

    def __init__(self, top, seconds, most, title, ticks=None):
        self.top, self.seconds, self.most, self.parts = top, seconds, most, []
        self.text(LEFT, top - 14, title, "font-weight='bold'")
        for value, words in ticks or percents(most):
            y = self.y(value)
            self.parts.append(f"<line x1='{LEFT}' y1='{y:.1f}' x2='{WIDTH - RIGHT}' y2='{y:.1f}' stroke='#ddd'/>")
            self.text(LEFT - 8, y + 4, words, "text-anchor='end'")
        for moment in range(0, int(seconds) + 1, 60):
            self.text(self.x(moment), top + HEIGHT + 18, f"{moment} s", "text-anchor='middle'")

    def x(self, moment):
        return LEFT + (WIDTH - LEFT - RIGHT) * moment / self.seconds

    def y(self, value):
        return self.top + HEIGHT * (1 - min(value, self.most) / self.most)

    def text(self, x, y, words, style=""):
        self.parts.append(f"<text x='{x:.1f}' y='{y:.1f}' {style}>{words}</text>")

    def points(self, values, width):
        return [f"{self.x((place + 0.5) * width):.1f},{self.y(value):.1f}" for place, value in enumerate(values)]

    def area(self, below, above, width, colour):
        edge = self.points(above, width) + self.points(below, width)[::-1]
        self.parts.append(f"<polygon points='{' '.join(edge)}' fill='{colour}'/>")

    def line(self, values, width, colour):
        self.trace(self.points(values, width), colour)

    def steps(self, moments, values, colour, dash=""):
        """A value holds until the next one; None is a gap."""
        run = []
        for moment, value in [*zip(moments, values), (self.seconds, None)]:
            if run:
                run.append(f"{self.x(moment):.1f},{run[-1].split(',')[1]}")
            if value is None:
                self.trace(run, colour, dash)
                run = []
            else:
                run.append(f"{self.x(moment):.1f},{self.y(value):.1f}")

    def trace(self, points, colour, dash=""):
        if points:
            self.parts.append(f"<polyline points='{' '.join(points)}' fill='none' stroke='{colour}' "
                              f"stroke-width='2'{dash and f' stroke-dasharray={dash!r}'}/>")

    def band(self, start, end, words):
        """A time in which something was so."""
        self.parts.append(f"<rect x='{self.x(start):.1f}' y='{self.top}' width='{self.x(end) - self.x(start):.1f}' "
                          f"height='{HEIGHT}' fill='#eee'/>")
        self.text(self.x(start) + 4, self.top + 14, words, "fill='#777'")

    def legend(self, place, words, colour):
        y = self.top + 16 + place * 20
        self.parts.append(f"<rect x='{WIDTH - RIGHT + 12}' y='{y - 10}' width='12' height='12' fill='{colour}'/>")
        self.text(WIDTH - RIGHT + 30, y, words)


def percents(most):
    return [(tenth / 10, f"{tenth * 10} %") for tenth in range(0, int(most * 10) + 1, 2)]


def top_of(place):
    """Where the panel with this number, from 0, begins."""
    return TOP + place * (HEIGHT + GAP)


def document(panels):
    height = top_of(len(panels))
    body = "\n".join(part for panel in panels for part in panel.parts)
    return (f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}' "
            f"font-family='sans-serif' font-size='12'>\n"
            f"<rect width='100%' height='100%' fill='white'/>\n{body}\n</svg>\n")
