"""Every call that the provider received is in the books, once, at a price or as unknown."""


def check(world, facts):
    report = world.report
    ids = [row["id"] for row in facts.attempts]
    report.equals("attempts_booked_twice", len(ids) - len(set(ids)))
    rows, known = {}, {}
    for row in facts.attempts:
        key = facts.keys.get(row["job"], row["job"])
        rows[key] = rows.get(key, 0) + 1
        # The provider was surely reached: it answered.
        known[key] = known.get(key, 0) + (row["status"] is not None)
    unbooked = sum(max(0, len(calls) - rows.get(key, 0)) for key, calls in facts.calls.items())
    invented = sum(max(0, count - len(facts.calls.get(key, []))) for key, count in known.items())
    report.equals("calls_without_an_attempt_row", unbooked)
    report.equals("answers_booked_without_a_call", invented)
    report.equals("succeeded_without_a_cost", sum(
        row["outcome"] == "succeeded" and row["cost_nano"] is None for row in facts.attempts))
    report.equals("unknown_with_a_cost", sum(
        row["outcome"] == "unknown" and row["cost_nano"] is not None for row in facts.attempts))
    count = {}
    for row in facts.attempts:
        count[row["outcome"]] = count.get(row["outcome"], 0) + 1
    report.note(attempts=count)
    check_costs(world, facts)


def check_costs(world, facts):
    """The cost report adds up to the rows."""
    total = world.stack.admin.get("/v1/costs?group_by=total&all_tenants=true").json["total"]
    cost = sum(row["cost_nano"] or 0 for row in facts.attempts)
    told = round(float(total["cost_usd"]) * 1e9)
    report = world.report
    report.equals("calls_missing_in_the_cost_report", len(facts.attempts) - total["calls"])
    report.equals("nanodollars_missing_in_the_cost_report", cost - told)


def called_after_row(facts, slack_ms=0):
    """Calls of jobs that had their terminal row already when the provider received them."""
    late = 0
    for id, row in facts.rows.items():
        calls = facts.calls.get(facts.keys.get(id), [])
        late += sum(call.time_ms > row["finished_ms"] + slack_ms for call in calls)
    return late
