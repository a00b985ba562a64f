-- What a call's answer does to the limits that everybody sees.

-- Nobody calls for so long; then one call tries.
local function refuse(record, probe, milliseconds)
    record[BLOCKED] = math.max(now + milliseconds, record[BLOCKED])
    record[probe] = 'due'
end

-- Whoever tried for the others succeeded.
local function pass_probes(lease)
    local rid, target = lease[RID], lease[LEASE_TARGET]
    if target[TARGET_PROBE] == rid then target[TARGET_PROBE] = '' end
    for place = 1, #lease[LEASE_GROUPS] do
        local record = lease[LEASE_GROUPS][place][LEASE_RECORD]
        if record[GROUP_PROBE] == rid then record[GROUP_PROBE] = '' end
    end
end

-- A refusal blocks the limit groups of the target and the target itself, an overload the target only.
local function turn_away(lease, verdict, pause)
    local target = lease[LEASE_TARGET]
    if verdict == 'limited' then
        refuse(target, TARGET_PROBE, pause)
        for _, group in ipairs(lease[LEASE_GROUPS]) do refuse(group[LEASE_RECORD], GROUP_PROBE, pause) end
    elseif verdict == 'overloaded' then
        if pause > 0 then refuse(target, TARGET_PROBE, pause) end
    elseif verdict == 'exhausted' and target[STOPPED] == 0 then
        target[STOPPED] = now
    end
end

-- Adaptive concurrency (AIMD): up by one per answer until the first cut, then by one per window; down by half, once per
-- flight: refusals of calls that began before the last cut say nothing new. A window that is not used does not grow.
local function cut_window(lease, factor)
    local target = lease[LEASE_TARGET]
    if lease[TAKEN_AT] <= target[CUT_AT] then return end
    target[WINDOW] = math.max(1, target[WINDOW] * factor)
    target[THRESHOLD], target[CUT_AT] = target[WINDOW], now
end
local function adapt(lease, verdict, first_byte)
    local target = lease[LEASE_TARGET]
    if verdict == 'limited' or verdict == 'overloaded' then return cut_window(lease, 0.5) end
    if verdict ~= 'answered' then return end
    if target[FOLLOWS] > 0 and first_byte >= 0 then
        local usual = target[USUAL]
        -- The fastest lately: it follows down at once and up by a hundredth.
        target[USUAL] = (usual == 0 or first_byte < usual) and first_byte or usual * 0.99 + first_byte * 0.01
        if usual > 0 and first_byte > usual * 2 + 10 then return cut_window(lease, 0.8) end
    end
    local window, threshold = target[WINDOW], target[THRESHOLD]
    if target[RUNNING] < math.floor(window) then return end
    target[WINDOW] = window + ((threshold == 0 or window < threshold) and 1 or 1 / window)
end

-- The provider's own count is the truth. A limit that it names holds where it is lower than ours. Little left means
-- that the next call starts when a tenth of its bucket is there again, or when all is whole again if that comes sooner.
local RESERVE = 0.1
local DIMENSION_NUMBERS = { r = 1, t = 2, i = 3, o = 4 }
-- The limit group that a dimension is about: the first that limits it by settings, else the first.
local function group_limiting(lease, dimension)
    for _, group in ipairs(lease[LEASE_GROUPS]) do
        if group[LEASE_MS + dimension] > 0 then return group end
    end
    return lease[LEASE_GROUPS][1]
end
-- Learns what the bucket holds: what is left, and what comes back until it is whole. Of that, a second is left out, as
-- resets may be rounded up to one. Where an account is shared, only the reset tells a bucket that others empty from a
-- short one; without it, a refusal means that this was mistaken, and all is watched anew.
local RESET_ROUNDING_MS = 1000
local function watch_bucket(group, dimension, limit, remaining, reset, verdict)
    local seen = seen_of(group[1])
    local most = remaining + math.max(0, (reset or 0) - RESET_ROUNDING_MS) * limit / 60000 + 1
    if seen[SEEN_SINCE + dimension] == 0 or (verdict == 'limited' and not reset) then
        seen[SEEN + dimension], seen[SEEN_BEFORE + dimension], seen[SEEN_SINCE + dimension] = 0, 0, now
    elseif now - seen[SEEN_SINCE + dimension] >= LEARNED_MS then
        seen[SEEN_BEFORE + dimension] = seen[SEEN + dimension]
        seen[SEEN + dimension], seen[SEEN_SINCE + dimension] = 0, now
    end
    seen[SEEN + dimension] = math.max(seen[SEEN + dimension], most)
    group[LEASE_RECORD][IS_TOLD] = 1
end
-- How long the next call waits for the reserve, in ms beyond the burst.
local function hold(group, dimension, limit, remaining, reset)
    local record, place, short = group[LEASE_RECORD], CLOCK + dimension, short_bucket(group[1], dimension, limit)
    local reserve = short and short * RESERVE or math.max(limit * RESERVE, dimension == 1 and 1 or 0)
    local lacking = reserve - remaining
    if lacking <= 0 then return end
    local wait = lacking * 60000 / limit
    if reset and reset < wait then wait = reset end
    local holds = held_ms(short, math.max(group[LEASE_MS + dimension], BUCKET_MS / limit))
    record[place] = math.max(record[place], now + wait + burst_ms(holds))
end
local function tighten(lease, signals, verdict)
    for letter, limit, remaining, reset in signals:gmatch('(%a):([%d-]+):([%d-]+):([%d-]+)') do
        local dimension = DIMENSION_NUMBERS[letter]
        local group = group_limiting(lease, dimension)
        limit, remaining, reset = tonumber(limit), tonumber(remaining), tonumber(reset)
        -- A limit of nothing would be waited for without end.
        if limit == 0 then limit = nil end
        if group and limit then
            local told_here = told_of(group[1])
            told_here[TOLD_LIMIT + dimension], told_here[TOLD_AT + dimension] = limit, now
            group[LEASE_RECORD][IS_TOLD] = 1
        end
        if group and remaining then
            local ms = group[LEASE_MS + dimension]
            limit = limit or (ms > 0 and BUCKET_MS / ms)
            if limit then
                watch_bucket(group, dimension, limit, remaining, reset, verdict)
                hold(group, dimension, limit, remaining, reset)
            end
        end
    end
end
