"""Every end is told: to the registered endpoint and to the job's own, under one id and with one body each."""

import json


def check(world, facts):
    singles = [item for item in world.work.accepted_jobs if item.id in facts.rows]
    everybody = [item.id for item in singles] + [batch.id for batch in world.work.accepted_batches]
    own = [item.id for item in singles if item.webhook]
    own += [batch.id for batch in world.work.accepted_batches if batch.webhook]
    told = Told(world.registered), Told(world.own)
    report = world.report
    report.equals("webhooks_missing", told[0].missing(everybody) + told[1].missing(own))
    report.equals("webhooks_with_several_ids", told[0].ambiguous + told[1].ambiguous)
    report.equals("webhook_ids_with_several_bodies", told[0].changed + told[1].changed)
    report.equals("webhooks_nobody_asked_for", told[0].extra(everybody) + told[1].extra(own))
    report.equals("deliveries_not_delivered", sum(row["state"] != "delivered" for row in world.ledger.deliveries()))
    report.note(webhooks=len(everybody) + len(own), webhook_requests=told[0].requests + told[1].requests)


class Told:
    """What a receiver heard of each job and batch."""

    def __init__(self, receiver):
        self.bodies, self.ids, taken = {}, {}, receiver.taken
        self.requests = len(receiver.received)
        for received in receiver.received:
            self.bodies.setdefault(received.id, set()).add(received.body)
            subject = json.loads(received.body)["data"]["id"]
            self.ids.setdefault(subject, set()).add(received.id)
        self.taken = {json.loads(received.body)["data"]["id"] for received in taken}

    def missing(self, subjects):
        return len(set(subjects) - self.taken)

    def extra(self, subjects):
        return len(set(self.ids) - set(subjects))

    @property
    def ambiguous(self):
        return sum(len(ids) > 1 for ids in self.ids.values())

    @property
    def changed(self):
        return sum(len(bodies) > 1 for bodies in self.bodies.values())
