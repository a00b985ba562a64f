-- take: consumer, pool as JSON, then one fresh token per wanted job.
-- Class by weighted clock, tenant by its clock in tokens, job by earliest deadline, then every gate of a target.
-- Returns {wait in ms or -1, {rid, token, target, name, shape, record, attempts, deaths}…}.
local consumer, pool = ARGV[1], cjson.decode(ARGV[2])
local TOKENS_BEFORE = 2

-- Workers stop while nobody takes what their calls bring.
if spooled_bytes() >= pool.spool then return { 1000 } end

ensure_group()
redis.call('HSET', TICK, 'taken', now)
for _, flow in ipairs(redis.call('ZRANGEBYSCORE', PARKED, '-inf', now, 'LIMIT', 0, 50)) do unpark(flow) end

-- Jobs that would end after their deadline are not begun while others can make it: first those that nearly surely will
-- end in time, then those that might. The rest waits for better times or its deadline.
local comfortable, possible = time_text(now + service_time(pool, 'q95')), time_text(now + service_time(pool, 'q10'))

local drained = {}
local function next_class()
    local best, lowest, tenant, tenant_clock
    for _, class in ipairs(CLASS_ORDER) do
        local first = drained[class] and {} or redis.call('ZRANGE', VT[class], 0, 0, 'WITHSCORES')
        drained[class] = not first[1]
        if first[1] then
            local clock = classes:number('v:' .. class)
            if not best or clock < lowest then
                best, lowest, tenant, tenant_clock = class, clock, first[1], tonumber(first[2])
            end
        end
    end
    return best, lowest, tenant, tenant_clock
end

-- Flows that one script puts aside at most, so that it does not run long.
local looks = 60
-- The job that goes next, or nil; drained, bounded and hopeless flows are put where they belong on the way.
local function next_job()
    while looks > 0 do
        looks = looks - 1
        local class, class_clock, tenant, clock = next_class()
        if not class then return nil end
        local flow = class .. ':' .. tenant
        local own_wait = tenant_wait(tenant)
        if own_wait > 0 then
            park(flow, own_wait < NEVER and now + own_wait or NEVER)
        else
            local first = heads(flow, 2, comfortable)
            if not first[1] and possible < comfortable then first = heads(flow, 2, possible) end
            if first[1] then
                local _, _, name = parse_member(first[1])
                looks = looks + 1
                return { name = name, member = first[1], has_more = first[2] ~= nil, flow = flow, class = class,
                    tenant = tenant, clock = clock, class_clock = class_clock }
            end
            if #heads(flow, 1) > 0 then park(flow, now + 1000) else refresh(flow) end
        end
    end
    return nil
end

-- The probe of a blocked scope is its first call after the block.
local function begin(scope, rid)
    gates:add(scope.running, 1)
    if gates:text(scope.probe) == 'due' then gates:set(scope.probe, rid) end
end

local function reserve(target, rid, amounts)
    local groups = {}
    begin(target, rid)
    if target.a and not gates:text(target.window) then
        gates:set(target.window, target.a.i)
        if target.a.f then gates:set('f~' .. target.n, 0) end
    end
    for at, name in ipairs(target.g) do
        local group = pool.groups[name]
        begin(group, rid)
        for _, dimension in ipairs(DIMENSIONS) do
            move_clock(gates, group.clocks[dimension], amounts[dimension] * group.interval[dimension])
            gates:add(group.uses[dimension], amounts[dimension])
        end
        if group.d > 0 then gates:set('d~' .. name, day_of(group) .. ':' .. requests_today(group) + 1) end
        groups[at] = group.terms
    end
    return table.concat(groups, ',')
end

-- Floors only rise, whatever settlements give back.
local function raise_floor(field, clock)
    if clock > classes:number(field) then classes:set(field, clock) end
end

local has_tries = redis.call('EXISTS', TRIES) == 1
local function about(job)
    if has_tries then return describe(job) end
    return { job.name, job.shape.text, job.record, '0', '0' }
end

local function hand_out(job, candidate, target, amounts, token)
    local rid = redis.call('XADD', READY, '*', 'e', job.name)
    local lease = { token = token, name = job.name, flow = job.flow, target = target.n,
        groups = reserve(target, rid, amounts), raw = job.input, input = amounts.i, output = amounts.o, taken = now,
        rates = pool.cost.i .. ':' .. pool.cost.o .. ':' .. pool.weights[candidate.class], model = job.shape.model,
        tenant = job.tenant }
    write_lease(rid, lease)
    tenants:add('n~' .. job.tenant, 1)
    raise_floor('floor', candidate.class_clock)
    raise_floor('f:' .. candidate.class, candidate.clock)
    charge_flow(lease, cost_of(lease, amounts.i, amounts.o), amounts.t)
    charge_rates(job.tenant, 1, 0)
    classes:add('jobs', 1)
    return { rid, token, target.n, unpack(about(job)) }
end

-- What is open to some call is open to this one, unless it is so large that it needs a full bucket.
local function needs_full_bucket(target, amounts)
    for _, name in ipairs(target.g) do
        local interval = pool.groups[name].interval
        for _, dimension in ipairs(DIMENSIONS) do
            if amounts[dimension] * interval[dimension] > BUCKET_MS - BURST_MS then return true end
        end
    end
    return false
end

local taken, wait = {}, -1
while #taken < #ARGV - TOKENS_BEFORE do
    local candidate = next_job()
    if not candidate then break end
    -- Strictly in order: nobody passes the job whose turn it is. With debt, what it waits for holds back everybody.
    local target, delay = choose_target(pool, NOTHING)
    local job, amounts
    if delay <= 0 then job = load(candidate.name) end
    if job then
        local input, output = expected_tokens(job)
        amounts = { r = 1, t = input + output, i = input, o = output }
        if needs_full_bucket(target, amounts) then target, delay = choose_target(pool, amounts) end
    end
    if delay > 0 then
        if delay < NEVER then wait = math.ceil(delay) end
        break
    end
    redis.call('ZREM', BACKLOG, candidate.member)
    if job then
        taken[#taken + 1] = hand_out(job, candidate, target, amounts, ARGV[TOKENS_BEFORE + #taken + 1])
    end
    -- Its earliest deadline is looked up when the one that is known has passed.
    if not candidate.has_more and #heads(candidate.flow, 1) == 0 then refresh(candidate.flow) end
end

if #taken > 0 then
    redis.call('XREADGROUP', 'GROUP', GROUP, consumer, 'COUNT', #taken, 'STREAMS', READY, '>')
    -- Whoever sleeps takes the rest.
    if #taken == #ARGV - TOKENS_BEFORE then ring_if_runnable() end
end
-- One of those who wait for the same moment is enough: it rings for the others when there is more.
local function alarm()
    local at, owner = (redis.call('HGET', TICK, 'alarm') or ''):match('^(%d+):(.*)$')
    at = tonumber(at or 0)
    if owner ~= consumer and at > now and at <= now + wait then return -1 end
    redis.call('HSET', TICK, 'alarm', string.format('%.0f:', now + wait) .. consumer)
    return wait
end
if #taken == 0 then
    local due = redis.call('ZRANGE', PARKED, 0, 0, 'WITHSCORES')
    if wait < 0 and due[1] and tonumber(due[2]) < NEVER then wait = math.max(1, math.ceil(tonumber(due[2]) - now)) end
    if looks == 0 and is_runnable() then
        wait = 1 -- there is more to look at
    elseif wait > 0 then
        wait = alarm()
    end
end
commit()
return { wait, unpack(taken) }
