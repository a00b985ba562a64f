"""Semi-structured documents from six trades, each to be extracted into the JSON schema of its kind."""

from .schemas import array, choice, integer, maybe, number, record, text

PEOPLE = ["Ines Okafor", "Tomasz Wilk", "Priya Raman", "Jonas Lindqvist", "Aiko Tanabe", "Mehmet Aydın", "Clara Fuchs",
          "Rafael Souza", "Niamh Doyle", "Youssef Haddad", "Greta Olsen", "Dmytro Kovalenko"]
FIRMS = ["Nordhafen Logistik GmbH", "Quayside Print Ltd", "Atelier Moreau SARL", "Brightwater Dental", "Kowal i Syn",
         "Helios Rooftops BV", "Studio Quattro", "Lakeside Veterinary", "Papeterie Dubois", "Oak & Iron Joinery"]
GOODS = [("A4 paper, 80 g, box", 18.9), ("toner TN-2420", 64.5), ("forklift inspection", 240.0), ("oak board 27 mm, m²", 71.2),
         ("pallet cage, used", 48.0), ("hours of web design", 85.0), ("photovoltaic clamp", 2.35), ("nitrile gloves, 100", 9.8),
         ("crown, zirconia", 312.0), ("express freight to Łódź", 129.0), ("colour proof", 14.0), ("cat vaccination", 52.0)]
PLACES = ["Aarhus", "Bilbao", "Cork", "Dresden", "Eindhoven", "Faro", "Gdańsk", "Innsbruck", "Lyon", "Malmö"]
MONTHS = ["January", "March", "April", "June", "September", "October", "November"]


def day(random):
    return f"{random.randint(1, 28)} {random.choice(MONTHS)} {random.choice([2025, 2026])}"


def invoice(random):
    seller, buyer = random.sample(FIRMS, 2)
    lines, total = [], 0.0
    for name, price in random.sample(GOODS, random.randint(1, 5)):
        count = random.randint(1, 24)
        total += count * price
        lines.append(random.choice([f"{count} x {name} @ {price:.2f}", f"{name:<32}{count:>4}{price:>10.2f}",
                                    f"- {name}, qty {count}, each EUR {price:.2f}"]))
    vat = random.choice([7, 19, 21, 23])
    head = f"{seller}\nInvoice {random.choice('ABFR')}-{random.randint(1000, 99999)}\nto {buyer}, {random.choice(PLACES)}\n{day(random)}"
    foot = f"Net {total:.2f}, VAT {vat} % {total * vat / 100:.2f}, please pay {total * (1 + vat / 100):.2f} EUR within {random.choice([8, 14, 30])} days."
    return head + "\n\n" + "\n".join(lines) + "\n\n" + foot


def vacancy(random):
    role, skills = random.choice([
        ("Night-shift baker", ["sourdough", "laminated dough", "inventory"]),
        ("Paediatric nurse, part-time", ["triage", "vaccination", "Polish"]),
        ("Site reliability engineer", ["Linux", "Postgres", "incident command"]),
        ("Stage carpenter", ["joinery", "rigging", "touring"]),
        ("Marine surveyor", ["ultrasound thickness gauging", "class rules", "report writing"]),
        ("Archivist", ["palaeography", "EAD", "copyright"])])
    pay = random.randint(26, 88) * 1000
    return (f"{role} ({random.choice(['permanent', '18 months', 'until next September'])}), {random.choice(PLACES)}\n"
            f"{random.choice(FIRMS)} looks for somebody who knows {skills[0]} and {skills[1]}; {skills[2]} is a plus. "
            f"{random.choice(['Remote two days a week.', 'On site.', 'Four-day week possible.'])} "
            f"We pay {pay} to {pay + random.randint(2, 15) * 1000} a year. Write to {random.choice(PEOPLE)} by {day(random)}.")


def lab_report(random):
    values = random.sample([("haemoglobin", "g/dl", 11, 17), ("ferritin", "µg/l", 8, 320), ("TSH", "mU/l", 0.2, 6),
                            ("LDL", "mmol/l", 1.4, 5.2), ("creatinine", "µmol/l", 50, 130), ("HbA1c", "%", 4.6, 9.1)], 4)
    rows = [f"{name}: {random.uniform(low, high):.1f} {unit}" + random.choice(["", "", " (H)", " (L)", ", haemolytic, repeat"])
            for name, unit, low, high in values]
    return (f"Specimen {random.randint(10**6, 10**7)}, drawn {day(random)} {random.randint(7, 11)}:{random.randint(10, 59)}, "
            f"fasting {random.choice(['yes', 'no', 'not stated'])}\n" + "\n".join(rows) +
            f"\nValidated by {random.choice(PEOPLE)}. " + random.choice(["Suggest control in 6 weeks.", "", "Phoned to the ward."]))


def listing(random):
    rooms = random.randint(1, 6)
    return (f"{random.choice(['Bright', 'Quiet', 'Listed', 'Freshly painted', 'Slightly haunted'])} {rooms}-room "
            f"{random.choice(['flat', 'maisonette', 'cottage', 'loft'])} in {random.choice(PLACES)}, "
            f"{random.randint(24, 60) + rooms * 17} m², {random.choice(['ground floor', '3rd floor, no lift', '5th floor, lift', 'two storeys'])}. "
            f"{random.choice(['Gas heating', 'Heat pump', 'Tiled stove and hope', 'District heating'])}, energy class {random.choice('ABCDE')}. "
            f"{random.choice(['Cats welcome', 'No pets', 'Pets by arrangement'])}. Rent {random.randint(48, 210) * 10} plus "
            f"{random.randint(9, 30) * 10} costs, deposit {random.choice(['two', 'three'])} months. Free from {day(random)}. "
            f"Viewings: {random.choice(PEOPLE)}.")


def incident(random):
    cause = random.choice(["a certificate that expired", "a full disk on the log host", "a migration that took a table lock",
                           "a DNS record with a TTL of one day", "a retry loop without jitter", "an excavator"])
    return (f"{day(random)}, {random.randint(0, 23):02}:{random.randint(10, 59)} UTC: {random.choice(['checkout', 'login', 'search', 'payroll export'])} "
            f"{random.choice(['slow', 'down', 'returning errors for one user in five'])} for {random.randint(4, 190)} minutes. Noticed by "
            f"{random.choice(['an alert', 'a customer', 'the CEO', 'nobody for an hour'])}; on call: {random.choice(PEOPLE)}. "
            f"Cause: {cause}. Mended by {random.choice(['rolling back', 'restarting the fleet', 'failing over', 'deleting old files'])}. "
            f"To do: {random.choice(['alert on expiry', 'lock timeout in migrations', 'capped backoff', 'a second fibre path'])} "
            f"({random.choice(PEOPLE)}).")


def concert(random):
    works = random.sample(["Dvořák, Wind Serenade", "Saariaho, Nymphéa", "Haydn, op. 76 no. 3", "Price, Piano Quintet",
                           "Pärt, Fratres", "Brahms, Horn Trio", "Caroline Shaw, Entr'acte"], random.randint(2, 4))
    return (f"{random.choice(['Chamber night', 'Lunch concert', 'Matinée', 'Benefit for the organ'])}, {day(random)}, "
            f"{random.choice(['12:30', '19:30', '20:00'])}, {random.choice(['town hall', 'St James', 'old tram depot'])}, {random.choice(PLACES)}. "
            + "; ".join(works) + f". With {', '.join(random.sample(PEOPLE, random.randint(2, 4)))}. "
            f"Tickets {random.randint(8, 45)}, students {random.choice(['half', '5', 'free'])}; "
            f"{random.choice(['doors open half an hour before', 'no admission between movements', 'wheelchair access by the yard'])}.")


KINDS = {
    "invoice": (invoice, record(
        seller=text(), buyer=text(), number=text(), issued_on=text(),
        lines=array(record(description=text(), quantity=integer(), unit_price=number())),
        net=number(), vat_rate=number(), gross=number(), due_days=integer())),
    "vacancy": (vacancy, record(
        title=text(), employer=text(), place=text(), term=text(), required_skills=array(text()),
        optional_skills=array(text()), salary_min=integer(), salary_max=integer(), contact=text(), apply_by=text())),
    "lab_report": (lab_report, record(
        specimen=text(), drawn_at=text(), fasting=choice("yes", "no", "unknown"),
        results=array(record(analyte=text(), value=number(), unit=text(), flag=maybe(text()))),
        validated_by=text(), comment=maybe(text()))),
    "listing": (listing, record(
        rooms=integer(), area_m2=number(), place=text(), floor=maybe(text()), heating=text(), energy_class=text(),
        pets=choice("yes", "no", "ask"), rent=number(), extra_costs=number(), available_from=text())),
    "incident": (incident, record(
        began_at=text(), service=text(), impact=text(), minutes=integer(), detected_by=text(), cause=text(),
        mitigation=text(), follow_ups=array(record(what=text(), owner=text())))),
    "concert": (concert, record(
        title=text(), date=text(), time=text(), venue=text(), place=text(), works=array(text()),
        performers=array(text()), price=number(), note=maybe(text()))),
}


def bodies(random):
    """60 requests, ten of each kind."""
    for name, (make, schema) in KINDS.items():
        for _ in range(10):
            yield {
                "model": "gpt-4o-mini",
                "messages": [
                    {"role": "system", "content": "Extract what the document says. Use null for what it does not say."},
                    {"role": "user", "content": make(random)},
                ],
                "temperature": 0,
                "max_tokens": 350,
                "response_format": {
                    "type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}},
            }
