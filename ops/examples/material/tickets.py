"""Support tickets of an outdoor-equipment shop with its own bank card, to be sorted into queues."""

QUEUES = ["delivery", "returns", "billing", "product_question", "defect", "account", "praise", "fraud", "other"]

SYSTEM = (
    "You sort customer messages for Acme Outdoor. Answer with one JSON object "
    '{"queue": one of ' + ", ".join(QUEUES) + ', "urgency": 1 to 5, "language": ISO 639-1 code} and nothing else.'
)

MESSAGES = [
    "The tracking page has said 'out for delivery' since Tuesday. It is Friday. The courier's hotline plays music at me.",
    "Parcel arrived, box was soaked through and the down jacket inside smells like a wet dog. Photos attached.",
    "Hi, I ordered the Ridgeline 55 pack in spruce and got it in what I can only describe as traffic-cone orange.",
    "I was charged twice for order 88213, once on the 3rd and once on the 5th. My bank says both are settled.",
    "Does the Tarn 2 stove work with the older lindal-valve canisters, or do I need the adapter you sell separately?",
    "The zip of my tent split on its second night, at 2,400 m, in sleet. I would like a tent whose zip does not split.",
    "I cannot log in. The reset mail never comes. Yes, I looked in spam. Yes, I tried the other address.",
    "Just wanted to say that Marta at the Innsbruck shop refitted my boots twice for free. Please give her a raise.",
    "Somebody used my Acme card for three gift vouchers of 200 each in a city I have never been to. Block it NOW.",
    "Ich möchte die Stirnlampe zurückgeben, sie ist unbenutzt und originalverpackt. Wie bekomme ich das Etikett?",
    "Bonjour, la doudoune taille M ressemble plutôt à un XS. Est-ce que l'échange est gratuit depuis la Belgique ?",
    "¿Cuándo vuelve a haber existencias de las botas Cumbre en el número 46? Llevo esperando desde marzo.",
    "Your invoice shows our old company name. The auditors want it corrected before the 30th or they won't accept it.",
    "Can I machine-wash the Fjell base layer at 40? The label is unreadable after, well, a machine wash at 60.",
    "The carabiner you recalled last month: I have four from the same lot, climbed on all of them. What do I do?",
    "Please delete my account and everything that belongs to it. I am asking under article 17.",
    "My son ordered a canoe. He is nine. The canoe is lovely. We live on the sixth floor. How does a return work?",
    "Refund for RMA 5521 was promised within 14 days; this is day 31. Next message comes from my solicitor.",
    "Which of your sleeping bags is right for a side sleeper who is always cold and camps in October in Scotland?",
    "La página de pago se queda en blanco después de introducir el código del banco. Tres navegadores, mismo resultado.",
    "The GPS watch loses its position every time I cross under a power line. Firmware is 4.1.2, the newest.",
    "I paid with a voucher and a card. You refunded the whole amount to the voucher. I would like my card money back.",
    "Could you tell the driver that the doorbell with the duck is ours? The last three parcels went to the wrong house.",
    "Il fornello perde gas dalla guarnizione anche da chiuso. L'ho messo sul balcone. È pericoloso?",
    "I am a scout leader buying 40 mess kits. Is there a group discount and can we pay by bank transfer?",
    "A mail 'from you' asks me to confirm my card at acme-outdoor-secure.example. Is that yours? I did not click.",
    "The left trekking pole came without its tip. I would rather have a tip sent than ship the whole pair back.",
    "Lieferung kam an einem Sonntag um 6:40 Uhr. Das Kind ist wach. Danke für nichts. Der Rucksack ist aber super.",
    "Where can I find the warranty terms for products bought in the Brno outlet in 2019?",
    "I would like to change the delivery address of an order placed ten minutes ago, number 90117.",
    "Why does my premium membership renew at 79 when the page says 59? I want the difference or my cancellation.",
    "De waterzak lekt bij de slang. Derde keer dit jaar. Ik wil nu geen nieuwe meer, maar mijn geld terug.",
    "My climbing harness has no date of manufacture that I can find. How old is serial HX-20-55-1187?",
    "Someone from your shop called me by my late husband's name for the third time. Please fix your records.",
    "Love the new recycled rope bag! Any chance of a version that holds an 80 m rope?",
    "Your app drains 40 % of my battery in the background. I only use it to look at the opening hours.",
    "The size chart says 'EU 42 = UK 8'. The box says 'EU 42 = UK 8.5'. My foot says neither. Help.",
    "I received a second tent that I never ordered. Should I send it back? I do not want to be billed.",
    "Hallo, gilt der Studentenrabatt auch für Auszubildende? Die Seite sagt dazu leider gar nichts.",
    "The bike trailer's coupling bent when a car nudged it at walking pace with my daughter inside. She is fine. I am not.",
]

CHANNELS = ["e-mail", "web form", "chat", "app review", "letter, scanned"]
HISTORY = ["first contact", "writes for the second time this week", "customer since 2011, 64 orders",
           "trade customer, net 30", "order under investigation", "no account found for this address"]


def bodies(random):
    """60 requests: every message once, and twenty more with another channel and history."""
    picks = MESSAGES + random.sample(MESSAGES, 20)
    for message in picks:
        context = f"Channel: {random.choice(CHANNELS)}. History: {random.choice(HISTORY)}."
        yield {
            "model": "gpt-4o-mini",
            "messages": [
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": f"{context}\n\n{message}"},
            ],
            "temperature": 0,
            "max_tokens": 60,
            "response_format": {"type": "json_object"},
        }
