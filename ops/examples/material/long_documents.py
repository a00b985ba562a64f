"""Documents of 5 to 20 KB: minutes, a post-mortem, a tender, letters, a manual, a transcript, a lease and field notes."""

from .documents import FIRMS, PEOPLE, PLACES, day

OPENERS = ["On reflection,", "As agreed in spring,", "Contrary to the first report,", "For the record,", "Where it matters,",
           "After some discussion,", "Without prejudice,", "As the attached table shows,", "Strictly speaking,",
           "Once the snow had gone,", "In the same week,", "By the time the figures arrived,"]
SUBJECTS = ["the steering group", "the contractor", "our night shift", "the older of the two pumps", "the translation bureau",
            "every second respondent", "the tenant of unit 4", "the migration script", "the river gauge at the weir",
            "the works council", "the spare generator", "a visiting inspector", "the regional archive", "the cheaper supplier"]
VERBS = ["accepted", "questioned", "postponed", "could not reproduce", "paid for", "outlived", "documented", "overlooked",
         "insisted on", "misread", "replaced", "argued against", "measured twice", "quietly dropped"]
OBJECTS = ["the revised schedule", "a 14 % overrun", "the minutes of the previous meeting", "three broken seals",
           "an undocumented interface", "the clause on early termination", "the samples from the eastern slope",
           "a promise made on the telephone", "the second reading of the meter", "the translation of annex C",
           "half of the test equipment", "the access road", "an unsigned copy of the drawing", "the estimate for the roof"]
TAILS = ["although nobody had asked for it", "which explains the gap in October", "and said so in writing", "at a cost of {n} euro",
         "as it had done {n} days earlier", "despite the weather", "pending a decision by {p}", "in the presence of {p}",
         "and the matter was closed", "so the pilot in {c} goes ahead", "until {f} sends a corrected offer", "for the first time since 2019"]

KINDS = [
    ("minutes", ["Attendance and apologies", "Budget", "Building works", "Staff", "Complaints", "Any other business"],
     "List every decision with its owner and date. Then list what was left open.", 6_000),
    ("post-mortem", ["Summary", "Timeline", "What went well", "What went wrong", "Where we were lucky", "Actions"],
     "Write an executive summary of 120 words for a board that does not know the system.", 9_000),
    ("tender", ["Scope", "Lots", "Technical requirements", "Deadlines", "Contract terms", "Evaluation"],
     "Which requirements would exclude a firm with fewer than ten employees? Quote the sentences.", 14_000),
    ("correspondence", ["First letter", "Reply", "Second letter", "Reply by counsel", "Offer", "Final letter"],
     "Who concedes what, and in which letter? Answer as a table.", 8_000),
    ("manual", ["Safety", "Installation", "First use", "Maintenance", "Faults", "Disposal"],
     "Turn the maintenance section into a checklist by interval.", 12_000),
    ("interview", ["Childhood", "Training", "The strike", "Abroad", "The workshop", "Looking back"],
     "Propose five pull quotes of at most 20 words each, verbatim.", 17_000),
    ("lease", ["Premises", "Term", "Rent", "Repairs", "Alterations", "Return"],
     "Explain to the tenant in plain language what they must do before moving out.", 11_000),
    ("field notes", ["Site A", "Site B", "Weir", "Night counts", "Interviews", "Loose ends"],
     "Summarise per site, and mark statements that contradict each other.", 19_000),
]


def sentence(random):
    tail = random.choice(TAILS).format(
        n=random.randint(12, 9800), p=random.choice(PEOPLE), c=random.choice(PLACES), f=random.choice(FIRMS))
    return f"{random.choice(OPENERS)} {random.choice(SUBJECTS)} {random.choice(VERBS)} {random.choice(OBJECTS)}, {tail}."


def document(random, kind, sections, size):
    parts = [f"{kind.upper()}\n{random.choice(FIRMS)}, {random.choice(PLACES)}, {day(random)}"]
    for number, title in enumerate(sections, 1):
        written, paragraphs = 0, [f"{number}. {title}"]
        while written < size // len(sections):
            paragraph = " ".join(sentence(random) for _ in range(random.randint(3, 6)))
            paragraphs.append(paragraph)
            written += len(paragraph)
        parts.append("\n\n".join(paragraphs))
    return "\n\n".join(parts)


def bodies(random):
    """8 requests."""
    for kind, sections, task, size in KINDS:
        yield {
            "model": "gpt-4o-mini",
            "messages": [
                {"role": "system", "content": "You read long documents for people who have no time to. Do not invent."},
                {"role": "user", "content": f"{task}\n\n<document>\n{document(random, kind, sections, size)}\n</document>"},
            ],
            "temperature": 0.3,
            "max_tokens": 500,
        }
