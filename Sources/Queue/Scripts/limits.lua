-- Whether a target may be called now. Rates are GCRA with debt: a call may start when the bucket is not empty and is
-- charged in full, so a large job is not passed by small ones for ever, and what comes after it waits for its tokens.
-- Only what would not fit into the provider's bucket of one minute waits until that is full enough.
local LEARNED_MS = 600000 -- how long a limit that the provider told of holds
local DAY_MS = 86400000

-- The limit per minute that holds, and whether the provider told of it; nil is none.
local function limit_of(group, dimension)
    local limit = group[dimension]
    if limit == 0 then limit = nil end
    local told, at = (gates:text('L~' .. dimension .. '~' .. group.n) or ''):match('^(%d+):(%d+)$')
    if told and now - tonumber(at) < LEARNED_MS and (not limit or tonumber(told) < limit) then
        return tonumber(told), true
    end
    return limit, false
end

-- What one script knows of a group or target: field names, and ms per request or token (0 for no limit).
local function know_group(group)
    if not group.clocks then
        group.clocks, group.uses, group.interval = {}, {}, {}
        for _, dimension in ipairs(DIMENSIONS) do
            local limit = limit_of(group, dimension)
            group.clocks[dimension] = dimension .. '~' .. group.n
            group.uses[dimension] = 'u~' .. dimension .. '~' .. group.n
            group.interval[dimension] = limit and BUCKET_MS / limit or 0
        end
        -- What a lease remembers of what was reserved.
        local interval = group.interval
        group.terms = table.concat({ group.n, interval.r, interval.t, interval.i, interval.o }, '~')
        group.running, group.block, group.probe = 'n~g~' .. group.n, 'b~g~' .. group.n, 'p~g~' .. group.n
    end
    return group
end
local function know_target(target)
    if not target.running then
        target.running, target.block, target.probe = 'n~t~' .. target.n, 'b~t~' .. target.n, 'p~t~' .. target.n
        target.paused, target.stopped, target.window = 'z~' .. target.n, 'x~' .. target.n, 'w~' .. target.n
    end
    return target
end

-- Requests of the provider's present day.
local function day_of(group) return math.floor((now - group.s) / DAY_MS) end
local function requests_today(group)
    local day, count = (gates:text('d~' .. group.n) or ''):match('^(%d+):(%d+)$')
    return tonumber(day) == day_of(group) and tonumber(count) or 0
end
local function day_wait(group)
    if group.d == 0 or requests_today(group) < group.d then return 0 end
    return (day_of(group) + 1) * DAY_MS + group.s - now
end

-- A refusal blocks for a while; after that one call tries, and the others wait for what it tells.
local function block_wait(scope)
    local wait, probe = gates:number(scope.block) - now, gates:text(scope.probe)
    if wait > 0 then return wait end
    return (not probe or probe == 'due') and 0 or NEVER
end

local function group_wait(group, amounts)
    know_group(group)
    if group.c > 0 and gates:number(group.running) >= group.c then return NEVER, 'slots' end
    local wait, reason = block_wait(group), 'provider_blocked'
    local day = day_wait(group)
    if day > wait then wait, reason = day, 'requests' end
    for _, dimension in ipairs(DIMENSIONS) do
        local interval = group.interval[dimension]
        if interval > 0 then
            local late = gates:number(group.clocks[dimension]) - now
            local own = math.max(late - BURST_MS, late + math.min(amounts[dimension] * interval, BUCKET_MS) - BUCKET_MS)
            if own > wait then wait, reason = own, dimension == 'r' and 'requests' or 'tokens' end
        end
    end
    return wait, reason
end

-- Calls at once that a target takes: its cap, and what adaptive concurrency found; 0 for any number.
local function cap_of(target)
    local cap = target.c
    if target.a then
        local window = gates:text(target.window) and gates:number(target.window) or target.a.i
        window = math.min(math.max(math.floor(window), target.a.l), target.a.m)
        if cap == 0 or window < cap then cap = window end
    end
    return cap
end

local function target_wait(pool, target, amounts)
    know_target(target)
    if gates:text(target.paused) then return NEVER, 'paused' end
    if gates:text(target.stopped) then return NEVER, 'provider_blocked' end
    local cap = cap_of(target)
    if cap > 0 and gates:number(target.running) >= cap then return NEVER, 'slots' end
    local wait, reason = block_wait(target), 'provider_blocked'
    for _, name in ipairs(target.g) do
        local other, cause = group_wait(pool.groups[name], amounts)
        if other > wait then wait, reason = other, cause end
    end
    return wait, reason
end

-- The least wait over all targets: target, wait, reason. Of several that are free, the one with the fewest calls.
local function choose_target(pool, amounts)
    if gates:text('z') then return nil, NEVER, 'paused' end
    local best, best_wait, fewest = nil, NEVER, nil
    local best_reason = #pool.targets == 0 and 'no_worker' or 'slots'
    for _, target in ipairs(pool.targets) do
        local wait, reason = target_wait(pool, target, amounts)
        local running = gates:number(target.running)
        if best == nil or wait < best_wait or (wait == best_wait and running < fewest) then
            best, best_wait, best_reason, fewest = target, wait, reason, running
        end
    end
    return best, best_wait, best_reason
end
local NOTHING = { r = 0, t = 0, i = 0, o = 0 } -- whether a call of any size may start

-- How long calls take on the fastest target that may be called, where enough recent ones tell: milliseconds or 0.
local ENOUGH_SAMPLES = 20
local function service_time(pool, quantile)
    local fastest
    for _, target in ipairs(pool.targets) do
        local name = target.n
        if not gates:text('z~' .. name) and not gates:text('x~' .. name)
            and gates:number('b~t~' .. name) <= now then
            -- A target of which too little is known may be fast.
            if gates:number('qn~' .. name) < ENOUGH_SAMPLES then return 0 end
            local time = gates:number(quantile .. '~' .. name)
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
    local _, gate = choose_target(pool, NOTHING)
    if gate >= NEVER then gate = 0 end
    local own = tenant_wait(tenant)
    if own < NEVER and own > gate then gate = own end
    -- Its own bounds hold back what is behind the jobs in front.
    local policy = policy_of(tenant)
    local jobs, _, tokens = live_of(tenant)
    local mean = jobs > 0 and tokens / jobs or 0
    gate = math.max(gate, before * policy.request, before * mean * policy.token)
    if policy.cap > 0 then
        local turns = math.max(0, before + running_of(tenant) + 1 - policy.cap) / policy.cap
        gate = math.max(gate, turns * service_time(pool, 'q50'))
    end
    local rate = classes:number('vr:' .. class) / 1000
    if redis.call('ZCARD', VT[class]) == 0 then return math.max(0, gate) end
    if rate <= 0 then return nil end
    local floor = classes:number('f:' .. class)
    local clock = tonumber(redis.call('ZSCORE', VT[class], tenant) or idle_clock(flow) or floor)
    return math.max(0, gate, (math.max(clock, floor) - floor + before * mean / policy.weight) / rate)
end
