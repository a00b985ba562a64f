"""Passages to be translated: from recipes to safety notices, each with what its readers need."""

PASSAGES = [
    ("recipe", "Fold the egg whites in with a metal spoon, a third at a time. Stop while you can still see streaks: a batter that looks finished has lost its air."),
    ("safety notice", "Isolate the pump at breaker Q4 and hang your lock before opening the housing. Residual pressure may remain for ten minutes after shutdown."),
    ("patient leaflet", "Take one tablet with food. If you miss a dose, do not double the next one. Tell your doctor if you are breast-feeding or take blood thinners."),
    ("museum label", "The potter pressed a wheat ear into the wet clay, perhaps by accident. Fired 4,300 years ago, it is the oldest barley we can date to the day it was cut."),
    ("release note", "Exports larger than 2 GB no longer time out. Filters saved before version 7 keep working, but can't be edited; copy them to change them."),
    ("rental contract", "The tenant may sublet a room only with the landlord's written consent, which must not be refused without good cause within the meaning of section 553."),
    ("football report", "They had eleven men behind the ball, a keeper in the form of his life and, until the ninety-third minute, all the luck in the world."),
    ("novel", "Nobody in the village locked a door that summer, and nobody slept, and nobody would say which of the two came first."),
    ("aviation", "Runway 08 closed due to wildlife. Expect ILS approach runway 26, tailwind component up to 7 knots. Report field in sight."),
    ("children's book", "The snail was late. She was always late. But she had brought her whole house, so nobody could say that she was not at home."),
    ("e-mail", "I'm afraid Thursday won't work after all: the auditors moved up their visit. Could we say Monday at ten, your place, and I bring the croissants?"),
    ("patent claim", "A valve according to claim 3, wherein the sealing element is biased against the seat by a spring whose rate decreases with temperature."),
    ("weather", "A trough over the North Sea will swing east overnight. Sleet down to 400 metres, turning to rain by noon; gusts near 90 km/h on exposed coasts."),
    ("privacy policy", "We keep log data for fourteen days. After that it is deleted or stripped of everything that could identify you, whichever comes first."),
    ("restaurant menu", "Line-caught mackerel, charred cucumber, horseradish snow. Slow-cooked short rib for two, bone marrow crumb, the butcher's own pickles."),
    ("obituary", "She taught mathematics for forty-one years and claimed to remember every wrong answer that had been more interesting than the right one."),
    ("gardening", "Prune after flowering, never in autumn: next year's buds already sit on this year's wood. Old stems come out at the base, one in three."),
    ("standup comedy", "My therapist says I have trouble with endings. Anyway, that was our last session, and the one before that, and, I hope, tomorrow's."),
    ("quarterly report", "Revenue rose 4 % at constant currency. Excluding the disposal of the cable business, organic growth was 7 %, at the upper end of guidance."),
    ("chess column", "White's knight looks trapped, and is. That is the point: while Black spends three moves collecting it, the f-file opens like a wound."),
    ("user interface", "Couldn't save your changes. You're offline. We'll try again as soon as you're back. Don't close this window."),
    ("court order", "The application for a stay is denied. Costs in the cause. The parties shall exchange expert reports no later than 28 days from today."),
    ("field notes", "06:12, light fog. Two cranes on the drowned meadow, one limping. No calls. At 06:40 the fox again, the same torn ear."),
    ("job advert", "You'd rather delete code than write it. You can explain a race condition to a lawyer. You're not on call more than one week in six."),
    ("train announcement", "Due to a signal failure at Mill Junction this train terminates here. Tickets are valid on buses from stop C. We apologise for the inconvenience."),
    ("song lyric", "I kept your coat behind the door, it keeps the shape of you; I wear it when the milk runs out, the sleeves still smell of glue."),
    ("assembly manual", "Do not tighten screws (E) fully before panel 4 is in place. If the drawer binds, loosen both rails, push the frame square, tighten again."),
    ("lecture", "Entropy isn't disorder. It is the number of ways the world could be and still look exactly like this to you. Mess is merely common."),
    ("insurance letter", "Your claim was assessed under clause 11(b), storm damage to outbuildings. The excess of 250 has been deducted from the amount payable."),
    ("travel blog", "The night bus has forty seats, fifty passengers, one film and no brakes to speak of. By dawn you have married into three families."),
]
LANGUAGES = ["German", "French", "Spanish", "Polish", "Japanese", "Brazilian Portuguese", "Turkish", "Ukrainian",
             "Simplified Chinese", "Dutch", "Arabic", "Finnish"]
DEMANDS = ["Keep the register.", "Keep numbers and units as they are.", "Prefer short sentences.",
           "Write for readers who know the field.", "Keep the rhythm where there is one.", "No explanations."]


def bodies(random):
    """60 requests: each passage into two languages."""
    for kind, text in PASSAGES:
        for language in random.sample(LANGUAGES, 2):
            article = "an" if kind[0] in "aeiou" else "a"
            yield {
                "model": "gpt-4o-mini",
                "messages": [
                    {"role": "system",
                     "content": f"You translate into {language}. Answer with the translation only."},
                    {"role": "user",
                     "content": f"From {article} {kind}. {random.choice(DEMANDS)}\n\n{text}"},
                ],
                "max_completion_tokens": 220,
            }
