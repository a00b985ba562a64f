-- Whether a target may be called now. Rates are GCRA with debt: a call may start when the bucket is not empty and is
-- charged in full, so a large job is not passed by small ones for ever, and what comes after it waits for its tokens.
-- Only what would not fit into the provider's bucket of one minute waits until that is full enough.
local LEARNED_MS = 600000 -- how long a limit that the provider told of holds
local DAY_MS = 86400000

-- The limit per minute that holds, and whether the provider told of it; nil is none.
local function limit_of(group, dimension)
    local limit = group[dimension]
    if limit == 0 then limit = nil end
    local told, at = (gates.text('L~' .. dimension .. '~' .. group.n) or ''):match('^(%d+):(%d+)$')
    if told and now - tonumber(at) < LEARNED_MS and (not limit or tonumber(told) < limit) then
        return tonumber(told), true
    end
    return limit, false
end

-- Milliseconds per request or token, 0 for no limit; the same for a whole call of a script.
local intervals = {}
local function interval_of(group, dimension)
    local key = dimension .. '~' .. group.n
    if not intervals[key] then
        local limit = limit_of(group, dimension)
        intervals[key] = limit and BUCKET_MS / limit or 0
    end
    return intervals[key]
end

local function worse(wait, reason, other, name)
    if other > wait then return other, name end
    return wait, reason
end

local function rate_wait(group, dimension, amount)
    local interval = interval_of(group, dimension)
    if interval == 0 then return 0 end
    local clock = gates.number(dimension .. '~' .. group.n)
    return math.max(clock - BURST_MS, clock + math.min(amount * interval, BUCKET_MS) - BUCKET_MS) - now
end

-- Requests of the provider's present day.
local function day_of(group) return math.floor((now - group.s) / DAY_MS) end
local function requests_today(group)
    local day, count = (gates.text('d~' .. group.n) or ''):match('^(%d+):(%d+)$')
    return tonumber(day) == day_of(group) and tonumber(count) or 0
end
local function day_wait(group)
    if group.d == 0 or requests_today(group) < group.d then return 0 end
    return (day_of(group) + 1) * DAY_MS + group.s - now
end

local function slot_wait(field, cap)
    if cap == 0 or gates.number(field) < cap then return 0 end
    return NEVER
end

-- A refusal blocks for a while; after that one call tries, and the others wait for what it tells.
local function block_wait(scope)
    local probe = gates.text('p~' .. scope)
    if not probe then return math.max(0, gates.number('b~' .. scope) - now) end
    local wait = gates.number('b~' .. scope) - now
    if wait > 0 then return wait end
    return probe == 'due' and 0 or NEVER
end

local function group_wait(group, input, output)
    local name, wait, reason = group.n, 0, nil
    wait, reason = worse(wait, reason, slot_wait('n~g~' .. name, group.c), 'slots')
    wait, reason = worse(wait, reason, rate_wait(group, 'r', 1), 'requests')
    wait, reason = worse(wait, reason, day_wait(group), 'requests')
    wait, reason = worse(wait, reason, rate_wait(group, 't', input + output), 'tokens')
    wait, reason = worse(wait, reason, rate_wait(group, 'i', input), 'tokens')
    wait, reason = worse(wait, reason, rate_wait(group, 'o', output), 'tokens')
    return worse(wait, reason, block_wait('g~' .. name), 'provider_blocked')
end

-- Calls at once that a target takes: its cap, and what adaptive concurrency found; 0 for any number.
local function cap_of(target)
    local cap = target.c
    if target.a then
        local window = gates.text('w~' .. target.n) and gates.number('w~' .. target.n) or target.a.i
        window = math.min(math.max(math.floor(window), target.a.l), target.a.m)
        if cap == 0 or window < cap then cap = window end
    end
    return cap
end

local function target_wait(pool, target, input, output)
    local name = target.n
    if gates.text('z~' .. name) then return NEVER, 'paused' end
    if gates.text('x~' .. name) then return NEVER, 'provider_blocked' end
    local wait, reason = 0, nil
    wait, reason = worse(wait, reason, block_wait('t~' .. name), 'provider_blocked')
    wait, reason = worse(wait, reason, slot_wait('n~t~' .. name, cap_of(target)), 'slots')
    for _, group in ipairs(target.g) do
        local other, cause = group_wait(pool.groups[group], input, output)
        wait, reason = worse(wait, reason, other, cause)
    end
    return wait, reason
end

-- The least wait over all targets: target, wait, reason. Of several that are free, the one with the fewest calls.
local function choose_target(pool, input, output)
    if gates.text('z') then return nil, NEVER, 'paused' end
    local best, best_wait, best_reason, fewest = nil, NEVER, 'slots', nil
    for _, target in ipairs(pool.targets) do
        local wait, reason = target_wait(pool, target, input, output)
        local running = gates.number('n~t~' .. target.n)
        if best == nil or wait < best_wait or (wait == best_wait and running < fewest) then
            best, best_wait, best_reason, fewest = target, wait, reason, running
        end
    end
    return best, best_wait, best_reason
end

-- How long calls take on the fastest target that may be called, where enough recent ones tell: milliseconds or 0.
local ENOUGH_SAMPLES = 20
local function service_time(pool, quantile)
    local fastest
    for _, target in ipairs(pool.targets) do
        local name = target.n
        if not gates.text('z~' .. name) and not gates.text('x~' .. name)
            and gates.number('b~t~' .. name) <= now then
            -- A target of which too little is known may be fast.
            if gates.number('qn~' .. name) < ENOUGH_SAMPLES then return 0 end
            local time = gates.number(quantile .. '~' .. name)
            if not fastest or time < fastest then fastest = time end
        end
    end
    return fastest or 0
end

-- An estimate by what was learned of the model's calls: input by the ratio of actual to estimated, output by what nine
-- in ten answers do not exceed, never more than the caller's cap.
local experience = {}
local function expected_tokens(job)
    local model = job.shape.model
    if experience[model] == nil then
        local ratio, p90 = (redis.call('HGET', LEARNED, 'r~' .. model) or ''):match('^([%d%.]+):(%d+)')
        experience[model] = ratio and { ratio = tonumber(ratio), p90 = tonumber(p90) } or false
    end
    local learned = experience[model]
    if not learned then return job.input, job.output end
    local output = job.is_guess and learned.p90 or math.min(job.output, learned.p90)
    return math.floor(job.input * learned.ratio + 0.5), job.output == 0 and 0 or output
end

-- In how many milliseconds a job of a flow starts that has `before` jobs of it in front, by how fast the class's
-- virtual time runs; nil while nothing was measured.
local function expected_start(pool, flow, before)
    local class, tenant = flow:sub(1, 1), flow:sub(3)
    local _, gate = choose_target(pool, 0, 0)
    if gate >= NEVER then gate = 0 end
    local own = tenant_wait(tenant)
    if own < NEVER and own > gate then gate = own end
    local rate = classes.number('vr:' .. class) / 1000
    if redis.call('ZCARD', VT[class]) == 0 then return math.max(0, gate) end
    if rate <= 0 then return nil end
    local floor = classes.number('f:' .. class)
    local clock = tonumber(redis.call('ZSCORE', VT[class], tenant) or idle_clock(flow) or floor)
    local jobs, _, tokens = live_of(tenant)
    local ahead = jobs > 0 and before * tokens / jobs / policy_of(tenant).weight or 0
    return math.max(0, gate, (math.max(clock, floor) - floor + ahead) / rate)
end
