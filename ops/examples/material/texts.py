"""Short texts to be embedded for a search: a help centre, a catalogue, a library and a lab notebook."""

TEXTS = [
    "How do I reset the PIN of my company card?", "Reset a forgotten card PIN in the app under Cards > Security.",
    "Expense reports are due on the fifth working day of the following month.",
    "Per diem for Norway 2026: 92 euro, halved on days of arrival and departure.",
    "The printer on floor 3 jams on recycled paper; use tray 2.",
    "Waterproof hardshell jacket, 3-layer, 420 g, two-way zip, helmet-compatible hood.",
    "Merino base layer, 150 g/m², flat seams, does not smell after four days (we tried).",
    "Trail shoe with a 6 mm drop, rock plate and sticky rubber for wet granite.",
    "Ultralight tent for one person, one pole, 890 g, needs six pegs.",
    "Titanium mug, 450 ml, folding handle, fits a 110 g canister inside.",
    "A history of salt, and of the empires that were paid in it.",
    "A detective novel set in a lighthouse during a strike of the keepers.",
    "Introduction to category theory for people who distrust diagrams.",
    "Poems about motorways, mostly at night.",
    "The cell line stopped dividing after passage 38; medium lot 7781 suspected.",
    "Annealing at 640 °C for two hours removed the birefringence.",
    "Yield 71 % after recrystallisation from ethanol; melting point 121-122 °C, literature 122.",
    "Buffer pH drifted from 7.4 to 6.9 overnight, CO2 line was open.",
    "Wie beantrage ich Elternzeit, und wie früh muss ich Bescheid geben?",
    "Elternzeit muss sieben Wochen vor Beginn schriftlich angemeldet werden.",
    "¿Puedo trabajar desde otro país durante tres semanas?",
    "El trabajo desde el extranjero se limita a 30 días al año y requiere aprobación.",
    "Comment obtenir une attestation de salaire pour la banque ?",
    "Vacation days expire on 31 March of the following year unless illness prevented taking them.",
    "The fire drill is on Thursday at 11:00; the lift stays on the ground floor.",
    "VPN drops every 30 minutes on hotel networks: switch the tunnel to TCP port 443.",
    "To merge duplicate customer records, open both and choose Merge in the older one.",
    "Invoices without a purchase order number are returned to the supplier.",
    "The API answers 429 when a client sends more than 600 requests a minute.",
    "Rotate the signing key every 90 days and keep the old one valid for 24 hours.",
    "Snow chains are mandatory between km 12 and km 31 from November to April.",
    "Gluten-free dough needs more water and no kneading; let it stand for an hour.",
    "A sourdough starter that smells of nail varnish is hungry.",
    "Prune apple trees in February, on a dry day above freezing.",
    "The barn owl pellets contained 14 vole skulls and one ring from Helgoland.",
    "Tide tables assume normal air pressure; a deep low adds up to 40 cm.",
    "Brass instruments go sharp as they warm up, strings go flat.",
    "The bassoon solo opens in a register that most players fear.",
    "Counter-steering: push left to go left, at anything above walking pace.",
    "Chain stretch of 0.75 % is the time to replace an 11-speed chain.",
    "Hallmarks on silver: lion passant, leopard's head, date letter, maker's mark.",
    "A dovetail needs a marking gauge, a sharp pencil and patience in that order.",
    "Kerning is the space between two letters, tracking the space between all of them.",
    "東京発の始発は六時ちょうどです。", "お問い合わせは平日の九時から十七時まで承ります。",
    "Płatność można rozłożyć na trzy raty bez odsetek.", "Zwrot towaru jest możliwy w ciągu 30 dni.",
    "The appendix has no known function, apart from paying for surgeons' boats.",
    "A red sky in the morning is a front that has already passed the sun.",
    "Concrete reaches most of its strength in 28 days and the rest in decades.",
]


def bodies(random):
    """50 requests: single texts, and every fifth one an array of several."""
    for number, text in enumerate(TEXTS):
        several = [text] + random.sample(TEXTS, random.randint(1, 6))
        body = {"model": "text-embedding-3-small", "input": several if number % 5 == 4 else text}
        if number % 3 == 0:
            body["dimensions"] = random.choice([256, 512, 1024])
        yield body
