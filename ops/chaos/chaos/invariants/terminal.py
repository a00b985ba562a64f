"""Every accepted job has exactly one terminal row, which never changes, and the API says the same."""

API_SAMPLE = 150
POISON = "penstock_poison"


class Facts:
    """Rows and attempts, read once for all checks."""

    def __init__(self, world):
        self.keys = world.work.keys_by_id()
        self.rows = {row["id"]: row for row in world.ledger.jobs()}
        self.attempts = world.ledger.attempts()
        self.calls = world.calls.by_key()


def check(world, facts, states=("succeeded",), poisoned=()):
    report = world.report
    lost = [id for id in facts.keys if id not in facts.rows and id not in world.lost_allowed]
    report.equals("lost", len(lost))
    # A repeated create that made a second job shows as a row of an id that nobody was told.
    report.equals("rows_nobody_asked_for", len([id for id in facts.rows if id not in facts.keys]))
    report.equals("changed_terminal_rows", len(world.changed_rows))
    report.equals("still_accepted", world.ledger.still_accepted())
    innocents = [id for id, row in facts.rows.items()
                 if row["error_class"] == POISON and facts.keys.get(id) not in poisoned]
    report.equals("innocent_quarantines", len(innocents))
    other = [row for id, row in facts.rows.items() if row["state"] not in states and facts.keys.get(id) not in poisoned]
    report.equals("ended_otherwise", len(other))
    if lost or other:
        report.note(examples={"lost": lost[:5], "ended_otherwise": [
            f"{row['id']}: {row['state']} {row['error_class']}" for row in other[:5]]})
    count = {}
    for row in facts.rows.values():
        count[row["state"]] = count.get(row["state"], 0) + 1
    report.note(terminal_rows=count)
    check_api(world, facts)


def check_api(world, facts):
    """What callers are told: of a sample, for it is one request each."""
    ended = [item for item in world.work.accepted_jobs if item.id in facts.rows]
    differing = []
    for item in world.random.sample(ended, min(API_SAMPLE, len(ended))):
        told = item.tenant.client.request("GET", f"/v1/jobs/{item.id}").json
        if told["state"] != facts.rows[item.id]["state"]:
            differing.append(item.id)
    world.report.equals("api_tells_another_state", len(differing))
