"""The provider's own limits: what it received in any minute, and at once."""

import bisect

MINUTE_MS = 60_000


def worst_window(calls, tokens=False, length_ms=MINUTE_MS):
    """The most calls, or tokens, that began within any window of that length."""
    ordered = sorted(calls, key=lambda call: call.time_ms)
    times = [call.time_ms for call in ordered]
    sums = [0]
    for call in ordered:
        sums.append(sums[-1] + (call.tokens if tokens else 1))
    return max((sums[bisect.bisect_left(times, time + length_ms)] - sums[at] for at, time in enumerate(times)), default=0)


def most_at_once(calls):
    """As the provider sees it: also calls whose caller has died."""
    changes = sorted([(call.time_ms, 1) for call in calls] + [(call.end_ms, -1) for call in calls])
    most = present = 0
    for _, change in changes:
        present += change
        most = max(most, present)
    return most
