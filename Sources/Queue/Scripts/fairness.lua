-- Fairness: a tenant's clock runs while it has work that may go, in tokens over its weight. All such clocks count
-- thousandths: whole numbers are cheap in Redis, and what is given back cancels what was charged exactly. Coming back
-- it starts at the floor: no credit for time away, nor for a wait caused by its own bounds. Classes have the same kind
-- of clock. A flow with waiting jobs is in `due`, and either in the running (VT) or parked.
local function wake_class(class)
    if redis.call('EXISTS', VT[class]) == 1 then return end
    local place, served = CLASS_CLOCK + RANK[class], state[SERVED_CLOCK]
    if state[place] < served then state[place] = served end
end

-- The clock of one without work that may go is kept while it says more than the floor.
local function keep_idle(owner, class, clock)
    local tenant, rank = tenant_of(owner), RANK[class]
    tenant[IDLE_CLOCK + rank] = clock > state[FLOOR + rank] and clock or 0
    tenant[IDLE_AT] = math.floor(now / 1000)
end

-- Where the clock of a tenant stands that comes back.
local function clock_on_return(class, owner)
    local tenant, rank = tenant_of(owner), RANK[class]
    local clock, floor = tenant[IDLE_CLOCK + rank], state[FLOOR + rank]
    tenant[IDLE_CLOCK + rank] = 0
    if clock > floor then return clock end
    -- Who comes later starts a hair later: equal clocks would be ordered by name.
    state[FLOOR + rank] = floor + 1
    return floor
end

-- Puts flows that are neither in the running nor parked into the running.
local function activate(flows)
    local entries = {}
    for _, flow in ipairs(flows) do
        local class, owner = class_of(flow), owner_of(flow)
        local list = entries[class]
        if not list then
            wake_class(class)
            list = {}
            entries[class] = list
        end
        local count = #list
        list[count + 1], list[count + 2] = whole(clock_on_return(class, owner)), owner
    end
    for class, list in pairs(entries) do redis.call('ZADD', VT[class], unpack(list)) end
end

-- Takes a flow out of the running.
local function rest(class, owner)
    local clock = redis.call('ZSCORE', VT[class], owner)
    if not clock then return end
    redis.call('ZREM', VT[class], owner)
    keep_idle(owner, class, tonumber(clock))
end

local function park(flow, till)
    rest(class_of(flow), owner_of(flow))
    redis.call('ZADD', PARKED, whole(math.ceil(till)), flow)
end

local function unpark(flow)
    if redis.call('ZREM', PARKED, flow) == 1 and #heads(flow, '1') > 0 then
        activate({ flow })
        ring()
    end
end

-- How long a tenant's own bounds hold it back, and which; 0 when they do not.
local function tenant_wait(owner)
    local policy = policy_of(owner)
    if policy[IS_PAUSED] == 1 then return NEVER, 'paused' end
    local cap = policy[CALL_CAP]
    if cap + policy[REQUEST_MS] + policy[TOKEN_MS] == 0 then return 0 end
    local tenant = tenant_of(owner)
    if cap > 0 and tenant[RUNNING] >= cap then return NEVER, 'slots' end
    local wait, reason = 0, nil
    if policy[REQUEST_MS] > 0 then
        local late = tenant[REQUEST_CLOCK] - 1000 - now
        if late > wait then wait, reason = late, 'requests' end
    end
    if policy[TOKEN_MS] > 0 then
        local late = tenant[TOKEN_CLOCK] - 1000 - now
        if late > wait then wait, reason = late, 'tokens' end
    end
    return wait, reason
end

-- A rate clock moved by `milliseconds`; it never gives more than a full bucket.
local function moved(clock, milliseconds)
    if milliseconds > 0 and clock < now then clock = now end
    return clock + milliseconds
end

-- Moves a tenant's rate clocks.
local function charge_rates(owner, requests, tokens)
    local policy, tenant = policy_of(owner), tenant_of(owner)
    local request_ms, token_ms = policy[REQUEST_MS], policy[TOKEN_MS]
    if request_ms > 0 and requests ~= 0 then
        tenant[REQUEST_CLOCK] = moved(tenant[REQUEST_CLOCK], requests * request_ms)
    end
    if token_ms > 0 and tokens ~= 0 then tenant[TOKEN_CLOCK] = moved(tenant[TOKEN_CLOCK], tokens * token_ms) end
end

-- Brings back tenants that were parked by their own bounds, once these let them.
local function let_go(owners)
    if not owners[1] or redis.call('EXISTS', PARKED) == 0 then return end
    local flows = {}
    for _, owner in ipairs(owners) do
        for _, class in ipairs(CLASS_ORDER) do flows[#flows + 1] = class .. ':' .. owner end
    end
    for at, till in ipairs(redis.call('ZMSCORE', PARKED, unpack(flows))) do
        if till then
            local wait = tenant_wait(owner_of(flows[at]))
            if wait <= 0 then
                unpark(flows[at])
            elseif wait < NEVER then
                redis.call('ZADD', PARKED, whole(math.ceil(now + wait)), flows[at])
            end
        end
    end
end

-- After a flow's first job changed: its earliest deadline, and whether it runs at all.
local function refresh(flow)
    local head = heads(flow, '1')[1]
    if head then
        redis.call('ZADD', DUE, whole(deadline_in(head, flow)), flow)
    else
        redis.call('ZREM', DUE, flow)
        redis.call('ZREM', PARKED, flow)
        rest(class_of(flow), owner_of(flow))
    end
end

-- Weighted tokens in thousandths of a tenant's clock.
local function clock_cost(owner, cost) return round(cost * 1000 / policy_of(owner)[WEIGHT]) end

-- Charges (or gives back) weighted tokens of a call that was taken before.
local function charge(class, owner, cost)
    local amount, kept = clock_cost(owner, cost), tenant_of(owner)[IDLE_CLOCK + RANK[class]]
    if amount == 0 and kept == 0 then return end
    if kept == 0 and redis.call('ZADD', VT[class], 'XX', 'INCR', whole(amount), owner) then return end
    keep_idle(owner, class, (kept > 0 and kept or state[FLOOR + RANK[class]]) + amount)
end

-- Puts jobs into the backlog, each with its name, flow and deadline.
local function push_backlog(jobs)
    if not jobs[1] then return end
    local members, flows, earliest, dues = {}, {}, {}, {}
    for place, job in ipairs(jobs) do
        local flow, deadline = job.flow, job.deadline
        members[place * 2 - 1], members[place * 2] = '0', member_of(flow, deadline, job.name)
        if not earliest[flow] then flows[#flows + 1] = flow end
        if not earliest[flow] or deadline < earliest[flow] then earliest[flow] = deadline end
    end
    for place, flow in ipairs(flows) do dues[place * 2 - 1], dues[place * 2] = whole(earliest[flow]), flow end
    redis.call('ZADD', BACKLOG, unpack(members))
    -- New there is who had nothing that waits.
    local known = flows[2] and redis.call('ZMSCORE', DUE, unpack(flows))
    local added, fresh = redis.call('ZADD', DUE, 'LT', unpack(dues)), {}
    if added == 0 then return end
    for place, flow in ipairs(flows) do
        if not known or not known[place] then fresh[#fresh + 1] = flow end
    end
    activate(fresh)
end

local paused_batches = {}
local function is_batch_paused(batch)
    if paused_batches[batch] == nil then
        paused_batches[batch] = redis.call('HEXISTS', FEEDS, 'z~' .. batch) == 1
    end
    return paused_batches[batch]
end

-- Jobs wait, for the first time or again; lines of a paused batch are held until they are let go or overdue: that is to
-- be seen.
local function wait_again(jobs)
    local waiting = {}
    for _, job in ipairs(jobs) do
        local batch = batch_of(job.name)
        if batch and job.deadline > now and is_batch_paused(batch) then
            redis.call('ZADD', DELAYED, whole(job.deadline), job.name)
            redis.call('HSET', TRIES, 'h~' .. job.name, '1')
        else
            waiting[#waiting + 1] = job
        end
    end
    push_backlog(waiting)
end

-- Lines of a batch ended; its last one takes along what is known of it, when nobody feeds it any more.
local function count_ended(batch, lines)
    if redis.call('HINCRBY', FEEDS, 'n~' .. batch, whole(-lines)) > 0
        or redis.call('HEXISTS', FEEDS, 'c~' .. batch) == 1 then
        return
    end
    local id = redis.call('HGET', FEEDS, 'b~' .. batch) or ''
    redis.call('HDEL', FEEDS, 'n~' .. batch, 'z~' .. batch, 'b~' .. batch, 'm~' .. batch, 'i~' .. id)
end

-- The last traces of jobs beside their records. Singles leave a tombstone, so that a repeated enqueue stays a no-op.
local function bury(names)
    local tombstones, ended, till = {}, {}, whole(now + TOMBSTONE_MS)
    for _, name in ipairs(names) do
        local batch, count = batch_of(name), #tombstones
        if batch then
            ended[batch] = (ended[batch] or 0) + 1
        else
            tombstones[count + 1], tombstones[count + 2] = till, name
            redis.call('PUBLISH', ENDED, name)
        end
    end
    if tombstones[1] then redis.call('ZADD', DONE, unpack(tombstones)) end
    for batch, lines in pairs(ended) do count_ended(batch, lines) end
end

-- Forgets a job that no lease holds.
local function forget(job)
    redis.call('HDEL', JOBS, job.name)
    redis.call('HDEL', TRIES, 'a~' .. job.name, 'd~' .. job.name, 'h~' .. job.name)
    count_shape(job.shape.key, -1)
    count_live(job.tenant, -1, -#job.record, -job.input - job.output)
    bury({ job.name })
end
