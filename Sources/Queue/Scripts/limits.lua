-- Whether a target may be called now. Rates are GCRA with debt: a call may start when the bucket is not empty and is
-- charged in full, so a large job is not passed by small ones for ever, and what comes after it waits for its tokens.
-- Only what would not fit into the provider's bucket waits until that is full enough. As that may be one of a second,
-- what would fit into such a one waits until it does.
local LEARNED_MS = 600000 -- how long a limit that the provider told of holds
local WATCHED_MS = 20000 -- for how long a bucket is watched before what it was seen to hold is believed
local SECOND_MS = 1005 -- a second's worth in paced time, but for some ms by which calls may come late
local NEARLY_MINUTE = 0.8 -- what holds this much of a minute's worth is a bucket of one minute
local DAY_MS = 86400000

-- A pool's settings as PoolProgram.swift packs them, joined with the records.
-- The pool's are a list: bytes of the spool, most live jobs, bytes and tokens, the weights of an input and an output
-- token and of each class, groups, targets.
local SPOOL_CAP, POOL_CAP, INPUT_COST, OUTPUT_COST, CLASS_WEIGHT, POOL_GROUPS, POOL_TARGETS = 1, 2, 5, 6, 7, 10, 11
-- A group's: name, most calls, a limit per minute for each dimension, requests per day, start of the day;
-- then, per dimension, ms per unit (0 for no limit), its record, for `choose_target` its wait and the reason, and per
-- dimension the paced time that the provider's bucket holds.
local NAME, CAP, LIMIT, DAY_CAP, DAY_START, MS, RECORD, WAIT, REASON, HOLDS = 1, 2, 2, 7, 8, 8, 13, 14, 15, 15
-- A target's: name, most calls, of adaptive concurrency the first, least and most window (0 where it has none) and
-- whether the first byte counts; its groups, its record.
local INITIAL, LEAST, MOST, BY_FIRST_BYTE, GROUPS, TARGET_RECORD = 3, 4, 5, 6, 7, 8
local POOL_FORMAT, POOL_GROUP_FORMAT, POOL_TARGET_FORMAT = '<dddddddddHH', '<Hc0ddddddd', '<Hc0dddddH'

-- The limit per minute of a dimension that holds, and whether the provider told of it; 0 is none.
local function limit_of(group, dimension)
    local limit = group[LIMIT + dimension]
    if group[RECORD][IS_TOLD] == 1 then
        local known = told_of(group[NAME])
        local named = known[TOLD_LIMIT + dimension]
        if named > 0 and now - known[TOLD_AT + dimension] < LEARNED_MS and (limit == 0 or named < limit) then
            return named, true
        end
    end
    return limit, false
end

-- What the provider's bucket holds, where it is known to be shorter than a minute; else nil.
local function short_bucket(name, dimension, limit)
    local seen = seen_of(name)
    local since, before = seen[SEEN_SINCE + dimension], seen[SEEN_BEFORE + dimension]
    if before == 0 and (since == 0 or now - since < WATCHED_MS) then return nil end
    local most = math.max(seen[SEEN + dimension], before) - 1
    if most >= limit * NEARLY_MINUTE then return nil end
    return most
end
-- Paced time that a bucket holds: a minute's, or of a short one what it was seen to hold. Bursts leave a tenth of it.
local function held_ms(short, ms) return short and math.min(short * ms, BUCKET_MS) or BUCKET_MS end
local function burst_ms(holds) return math.min(BURST_MS, holds * 0.9) end
-- How much may be charged at a moment for a call that takes so much to start.
local function room_ms(holds, amount) return amount <= SECOND_MS and math.min(holds, SECOND_MS) or holds end

local function open_pool(text)
    local pool = { struct.unpack(POOL_FORMAT, text) }
    local group_count, target_count, at = pool[10], pool[11], pool[12]
    local groups, targets, fields = {}, {}, {}
    for place = 1, group_count do
        local group = { struct.unpack(POOL_GROUP_FORMAT, text, at) }
        groups[place], at, fields[place] = group, group[9], 'g~' .. group[NAME]
    end
    for place = 1, target_count do
        local target = { struct.unpack(POOL_TARGET_FORMAT, text, at) }
        local count, own = target[7], {}
        at = target[8]
        for index = 1, count do own[index] = groups[struct.unpack('<H', text, at + index * 2 - 2)] end
        targets[place], at, fields[group_count + place] = target, at + count * 2, 't~' .. target[NAME]
        target[GROUPS] = own
    end
    pool[POOL_GROUPS], pool[POOL_TARGETS] = groups, targets
    read_ahead(GATES, fields)
    for place = 1, group_count do
        local group = groups[place]
        group[RECORD] = group_of(group[NAME])
        for dimension = 1, 4 do
            local limit = limit_of(group, dimension)
            local ms, short = limit > 0 and BUCKET_MS / limit or 0, nil
            if ms > 0 and group[RECORD][IS_TOLD] == 1 then short = short_bucket(group[NAME], dimension, limit) end
            group[MS + dimension], group[HOLDS + dimension] = ms, held_ms(short, ms)
        end
    end
    for place = 1, target_count do targets[place][TARGET_RECORD] = target_of(targets[place][NAME]) end
    return pool
end

-- Requests of the provider's present day.
local function day_of(group) return math.floor((now - group[DAY_START]) / DAY_MS) end
local function requests_today(group)
    return group[RECORD][DAY] == day_of(group) and group[RECORD][DAY_REQUESTS] or 0
end

-- A refusal blocks for a while; after that one call tries, and the others wait for what it tells.
local function block_wait(blocked, probe)
    local wait = blocked - now
    if wait > 0 then return wait end
    return (probe == '' or probe == 'due') and 0 or NEVER
end

-- `amounts` is what a call needs per dimension; without it, whether a call of any size may start.
local function group_wait(group, amounts)
    local record = group[RECORD]
    if group[CAP] > 0 and record[RUNNING] >= group[CAP] then return NEVER, 'slots' end
    local wait, reason = block_wait(record[BLOCKED], record[GROUP_PROBE]), 'provider_blocked'
    if group[DAY_CAP] > 0 and requests_today(group) >= group[DAY_CAP] then
        local day = (day_of(group) + 1) * DAY_MS + group[DAY_START] - now
        if day > wait then wait, reason = day, 'requests' end
    end
    for dimension = 1, 4 do
        local ms = group[MS + dimension]
        if ms > 0 then
            -- Not empty beyond the burst; and for what would not fit, full enough.
            local ahead_of, holds = record[CLOCK + dimension] - now, group[HOLDS + dimension]
            local late = ahead_of - burst_ms(holds)
            if amounts then
                local amount = amounts[dimension] * ms
                local room = room_ms(holds, amount)
                local full = ahead_of + math.min(amount, room) - room
                if full > late then late = full end
            end
            if late > wait then wait, reason = late, dimension == 1 and 'requests' or 'tokens' end
        end
    end
    return wait, reason
end

-- Calls at once that a target takes: its cap, and what adaptive concurrency found; 0 for any number.
local function cap_of(target)
    local cap = target[CAP]
    if target[INITIAL] > 0 then
        local window = target[TARGET_RECORD][WINDOW]
        if window == 0 then window = target[INITIAL] end
        window = math.min(math.max(math.floor(window), target[LEAST]), target[MOST])
        if cap == 0 or window < cap then cap = window end
    end
    return cap
end

local function target_wait(target)
    local record = target[TARGET_RECORD]
    if record[PAUSED] > 0 then return NEVER, 'paused' end
    if record[STOPPED] > 0 then return NEVER, 'provider_blocked' end
    local cap = cap_of(target)
    if cap > 0 and record[RUNNING] >= cap then return NEVER, 'slots' end
    local wait, reason = block_wait(record[BLOCKED], record[TARGET_PROBE]), 'provider_blocked'
    local own = target[GROUPS]
    for place = 1, #own do
        if own[place][WAIT] > wait then wait, reason = own[place][WAIT], own[place][REASON] end
    end
    return wait, reason
end

-- The least wait over all targets: target, wait, reason. Of several that are free, the one with the fewest calls.
local function choose_target(pool, amounts)
    if state[POOL_PAUSED] > 0 then return nil, NEVER, 'paused' end
    for place = 1, #pool[POOL_GROUPS] do
        local group = pool[POOL_GROUPS][place]
        group[WAIT], group[REASON] = group_wait(group, amounts)
    end
    local best, best_wait, fewest = nil, NEVER, nil
    local best_reason = #pool[POOL_TARGETS] == 0 and 'no_worker' or 'slots'
    for place = 1, #pool[POOL_TARGETS] do
        local target = pool[POOL_TARGETS][place]
        local wait, reason = target_wait(target)
        local running = target[TARGET_RECORD][RUNNING]
        if best == nil or wait < best_wait or (wait == best_wait and running < fewest) then
            best, best_wait, best_reason, fewest = target, wait, reason, running
        end
    end
    return best, best_wait, best_reason
end

-- How long calls take on the fastest target that may be called, where enough recent ones tell: milliseconds or 0.
-- `quantile` is its place in the target's record.
local ENOUGH_SAMPLES = 20
local function service_time(pool, quantile)
    local fastest
    for place = 1, #pool[POOL_TARGETS] do
        local record = pool[POOL_TARGETS][place][TARGET_RECORD]
        if record[PAUSED] == 0 and record[STOPPED] == 0 and record[BLOCKED] <= now then
            -- A target of which too little is known may be fast.
            if record[TIMES] < ENOUGH_SAMPLES then return 0 end
            if not fastest or record[quantile] < fastest then fastest = record[quantile] end
        end
    end
    return fastest or 0
end

-- An estimate by what was learned of the model's calls: input by the ratio of actual to estimated, output by what nine
-- in ten answers do not exceed, never more than the caller's cap.
local experience = {}
local function expected_tokens(model, input, output, is_guess)
    local learned = experience[model]
    if learned == nil then
        local text = redis.call('HGET', LEARNED, 'r~' .. model)
        learned = text and { struct.unpack('<dd', text) } or false
        experience[model] = learned
    end
    if not learned then return input, output end
    local ratio, p90 = learned[1], learned[2]
    if output > 0 and (is_guess or output > p90) then output = p90 end
    return round(input * ratio), output
end

-- In how many milliseconds a job of a flow starts that has `before` jobs of it in front, by how fast the class's
-- virtual time runs; nil while nothing was measured.
local function expected_start(pool, class, owner, before)
    local _, gate = choose_target(pool)
    if gate >= NEVER then gate = 0 end
    local own = tenant_wait(owner)
    if own < NEVER and own > gate then gate = own end
    -- Its own bounds hold back what is behind the jobs in front.
    local policy, tenant, rank = policy_of(owner), tenant_of(owner), RANK[class]
    local jobs, tokens = tenant[TENANT_LIVE], tenant[TENANT_LIVE + 2]
    local mean = jobs > 0 and tokens / jobs or 0
    gate = math.max(gate, before * policy[REQUEST_MS], before * mean * policy[TOKEN_MS])
    if policy[CALL_CAP] > 0 then
        local turns = math.max(0, before + tenant[RUNNING] + 1 - policy[CALL_CAP]) / policy[CALL_CAP]
        gate = math.max(gate, turns * service_time(pool, Q50))
    end
    if redis.call('EXISTS', VT[class]) == 0 then return math.max(0, gate) end
    local rate = pace_of(class)[RATE] / 1000
    if rate <= 0 then return nil end
    local floor, kept = state[FLOOR + rank], tenant[IDLE_CLOCK + rank]
    local clock = tonumber(redis.call('ZSCORE', VT[class], owner) or (kept > 0 and kept or floor))
    return math.max(0, gate, ((math.max(clock, floor) - floor) / 1000 + before * mean / policy[WEIGHT]) / rate)
end
