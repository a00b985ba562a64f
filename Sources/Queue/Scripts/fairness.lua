-- Fairness: a tenant's clock runs while it has work that may go, in tokens over its weight. Coming back it starts at
-- the floor: no credit for time away, nor for a wait caused by its own bounds. Classes have the same kind of clock.
local function wake_class(class)
    if redis.call('ZCARD', VT[class]) > 0 then return end
    local served = classes:number('floor')
    if classes:number('v:' .. class) < served then classes:set('v:' .. class, served) end
end

-- Clocks of those without work that may go: clock|when, as nobody is held to what was long ago.
local function idle_clock(flow) return tonumber((redis.call('HGET', IDLE, flow) or ''):match('^[^|]+')) end
local function keep_idle(flow, clock)
    if clock > classes:number('f:' .. flow:sub(1, 1)) then
        redis.call('HSET', IDLE, flow, string.format('%.3f|%.0f', clock, now / 1000))
    else
        redis.call('HDEL', IDLE, flow)
    end
end

local function activate(flow)
    local class, tenant = flow:sub(1, 1), flow:sub(3)
    if redis.call('ZSCORE', VT[class], tenant) or redis.call('ZSCORE', PARKED, flow) then return end
    wake_class(class)
    local clock, floor = idle_clock(flow) or 0, classes:number('f:' .. class)
    if clock <= floor then
        -- Who comes later starts a hair later: equal clocks would be ordered by name.
        clock = floor
        classes:set('f:' .. class, floor + 0.001)
    end
    redis.call('ZADD', VT[class], string.format('%.3f', clock), tenant)
    redis.call('HDEL', IDLE, flow)
end

-- Takes a tenant out of the running. Its clock is kept as long as it says more than the floor.
local function rest(flow)
    local class, tenant = flow:sub(1, 1), flow:sub(3)
    local clock = redis.call('ZSCORE', VT[class], tenant)
    if not clock then return end
    redis.call('ZREM', VT[class], tenant)
    keep_idle(flow, tonumber(clock))
end

local function park(flow, till)
    rest(flow)
    redis.call('ZADD', PARKED, till, flow)
end

local function unpark(flow)
    if redis.call('ZREM', PARKED, flow) == 1 and #heads(flow, 1) > 0 then
        activate(flow)
        ring()
    end
end

-- All numbers of a tenant at once.
local function fetch_tenant(tenant)
    tenants:fetch('n~' .. tenant, 'r~' .. tenant, 't~' .. tenant, 'l~' .. tenant, 'l~')
end

-- How long a tenant's own bounds hold it back, and which; 0 when they do not.
local function tenant_wait(tenant)
    local policy = policy_of(tenant)
    if policy.paused == 1 then return NEVER, 'paused' end
    if policy.is_bounded then fetch_tenant(tenant) end
    if policy.cap > 0 and running_of(tenant) >= policy.cap then return NEVER, 'slots' end
    local wait, reason = 0, nil
    if policy.request > 0 then
        local late = tenants:number('r~' .. tenant) - 1000 - now
        if late > wait then wait, reason = late, 'requests' end
    end
    if policy.token > 0 then
        local late = tenants:number('t~' .. tenant) - 1000 - now
        if late > wait then wait, reason = late, 'tokens' end
    end
    return wait, reason
end

-- A rate clock moves by `milliseconds`, but never gives more than a full bucket.
local function move_clock(hash, field, milliseconds)
    if milliseconds == 0 then return end
    local clock = hash:number(field)
    if milliseconds > 0 then clock = math.max(clock, now) end
    hash:set(field, clock + milliseconds)
end

-- Moves a tenant's rate clocks.
local function charge_rates(tenant, requests, tokens)
    local policy = policy_of(tenant)
    if policy.request > 0 then move_clock(tenants, 'r~' .. tenant, requests * policy.request) end
    if policy.token > 0 then move_clock(tenants, 't~' .. tenant, tokens * policy.token) end
end

-- Brings back a tenant that was parked by its own bounds, once they let it.
local function let_go(tenant)
    if redis.call('ZCARD', PARKED) == 0 then return end
    local wait = tenant_wait(tenant)
    for _, class in ipairs(CLASS_ORDER) do
        local flow = class .. ':' .. tenant
        if wait <= 0 then
            unpark(flow)
        elseif wait < NEVER and redis.call('ZSCORE', PARKED, flow) then
            redis.call('ZADD', PARKED, now + wait, flow)
        end
    end
end

-- After a flow's first job changed: its earliest deadline, and whether it runs at all.
local function refresh(flow)
    local head = heads(flow, 1)[1]
    if head then
        local _, deadline = parse_member(head)
        redis.call('ZADD', DUE, deadline, flow)
    else
        redis.call('ZREM', DUE, flow)
        redis.call('ZREM', PARKED, flow)
        rest(flow)
    end
end

-- Charges (or gives back) weighted tokens.
local function charge(flow, cost)
    local class, tenant = flow:sub(1, 1), flow:sub(3)
    local amount = cost / policy_of(tenant).weight
    if redis.call('ZADD', VT[class], 'XX', 'INCR', string.format('%.3f', amount), tenant) then return end
    keep_idle(flow, (idle_clock(flow) or classes:number('f:' .. class)) + amount)
end

local function push_backlog(job)
    redis.call('ZADD', BACKLOG, 0, member_of(job))
    redis.call('ZADD', DUE, 'LT', job.deadline, job.flow)
    activate(job.flow)
end

-- A job waits, for the first time or again; a line of a paused batch is held until it is let go or overdue.
local function wait_again(job)
    local batch = batch_of(job.name)
    if batch and redis.call('HEXISTS', FEEDS, 'z~' .. batch) == 1 then
        redis.call('ZADD', DELAYED, job.deadline, job.name)
        redis.call('HSET', TRIES, 'h~' .. job.name, 1)
    else
        push_backlog(job)
    end
end

-- Counts of what is live: `l~tenant` → jobs:bytes:tokens, and the same of the pool under `l~`.
local function live_of(tenant)
    local jobs, bytes, tokens = (tenants:text('l~' .. tenant) or '0:0:0'):match('^(%d+):(%d+):(%d+)$')
    return tonumber(jobs), tonumber(bytes), tonumber(tokens)
end
local function count_one(owner, jobs, bytes, tokens)
    local had, held, meant = live_of(owner)
    had = had + jobs
    tenants:set('l~' .. owner, had > 0 and string.format('%.0f:%.0f:%.0f', had, math.max(0, held + bytes),
        math.max(0, meant + tokens)))
end
local function count_live(tenant, jobs, bytes, tokens)
    tenants:fetch('l~' .. tenant, 'l~')
    count_one(tenant, jobs, bytes, tokens)
    count_one('', jobs, bytes, tokens)
end

-- Adds one job; the caller has made sure that it is new and counts it.
local function add(name, shape_text, deadline, input, output, own, body)
    local number = use_shape(shape_text)
    redis.call('HSET', JOBS, name,
        number .. '|' .. deadline .. '|' .. input .. '|' .. output .. '|' .. #own .. '|' .. own .. body)
    local shape = shape_of(number)
    local due = deadline == '' and shape.deadline or deadline
    wait_again({ name = name, flow = shape.flow, due = due, deadline = tonumber(due) })
    return shape
end

local function tokens_of(input, output) return tonumber(input) + tonumber((output:gsub('g', ''))) end

-- Wakes who keeps an empty pool, and who works.
local function ring_for(added)
    if added == 0 then return end
    if redis.call('HLEN', JOBS) == added and redis.call('LLEN', WAKE) == 0 then redis.call('LPUSH', WAKE, 1) end
    ring()
end

-- The last trace of a job. Singles leave a tombstone, so that a repeated enqueue stays a no-op.
local function forget(job)
    redis.call('HDEL', JOBS, job.name)
    redis.call('HDEL', TRIES, 'a~' .. job.name, 'd~' .. job.name, 'h~' .. job.name)
    drop_shape(job.shape.number)
    count_live(job.tenant, -1, -#job.record, -job.input - job.output)
    local batch = batch_of(job.name)
    if not batch then
        redis.call('ZADD', DONE, now + TOMBSTONE_MS, job.name)
        redis.call('PUBLISH', ENDED, job.name)
    elseif redis.call('HINCRBY', FEEDS, 'n~' .. batch, -1) <= 0 and redis.call('HEXISTS', FEEDS, 'c~' .. batch) == 0 then
        -- The last line of a batch that nobody feeds any more.
        redis.call('HDEL', FEEDS, 'n~' .. batch, 'z~' .. batch, 'i~' .. (redis.call('HGET', FEEDS, 'b~' .. batch) or ''))
        redis.call('HDEL', FEEDS, 'b~' .. batch, 'm~' .. batch)
    end
end

-- What the outside is told of a live job.
local function describe(job)
    local tries = redis.call('HMGET', TRIES, 'a~' .. job.name, 'd~' .. job.name)
    return { job.name, job.shape.text, job.record, tries[1] or '0', tries[2] or '0' }
end
