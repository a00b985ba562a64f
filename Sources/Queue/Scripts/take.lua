-- take: consumer, the pool's settings, then one fresh token per wanted job.
-- Class by weighted clock, tenant by its clock in tokens, job by earliest deadline, then every gate of a target.
-- Returns {wait in ms or -1, {rid, token, target, name, shape, record, attempts, deaths}…}.
local consumer, pool = ARGV[1], open_pool(ARGV[2])
local TOKENS_BEFORE = 2

-- Workers stop while nobody takes what their calls bring.
if state[SPOOLED] >= pool[SPOOL_CAP] then return { 1000 } end

if now - state[ASKED] > 250 or now < state[ASKED] then state[ASKED] = now end
for _, flow in ipairs(redis.call('ZRANGEBYSCORE', PARKED, '-inf', whole(now), 'LIMIT', '0', '50')) do unpark(flow) end

-- Jobs that would end after their deadline are not begun while others can make it: first those that nearly surely will
-- end in time, then those that might. The rest waits for better times or its deadline.
local comfortable, possible = round(now + service_time(pool, Q95)), round(now + service_time(pool, Q10))

-- The tenants in front of their classes and their clocks, until that may have changed; false where there is none.
local fronts, front_clocks = {}, {}
local function next_class()
    local best, lowest
    for rank = 0, 2 do
        local class, clock = CLASS_ORDER[rank + 1], state[CLASS_CLOCK + rank]
        if fronts[class] == nil then
            local first = redis.call('ZRANGE', VT[class], '0', '0', 'WITHSCORES')
            fronts[class], front_clocks[class] = first[1] or false, tonumber(first[2])
        end
        if fronts[class] and (not best or clock < lowest) then best, lowest = class, clock end
    end
    return best
end

-- A flow's job that goes next, as a member of the backlog, and whether others wait beside it. Without one: whether the
-- flow has any.
local function pick(flow)
    local found = heads(flow, '2')
    local first, has_more = found[1], found[2] ~= nil
    if first and deadline_in(first, flow) < comfortable then
        first = heads(flow, '1', struct.pack('>I6', comfortable))[1]
        if not first and possible < comfortable then first = heads(flow, '1', struct.pack('>I6', possible))[1] end
        if not first then return nil, true end
    end
    return first, has_more
end

-- Flows that one script puts aside at most, so that it does not run long.
local looks = 60
-- The member that goes next, its class and tenant, and whether others wait beside it; or nil. Drained, bounded and
-- hopeless flows are put where they belong on the way.
local function next_job()
    while looks > 0 do
        local class = next_class()
        if not class then return nil end
        local owner = fronts[class]
        local flow, own_wait = class .. ':' .. owner, tenant_wait(owner)
        if own_wait <= 0 then
            local member, has_more = pick(flow)
            if member then return member, class, owner, has_more end
            if has_more then park(flow, now + 1000) else refresh(flow) end
        else
            park(flow, own_wait < NEVER and now + own_wait or NEVER)
        end
        fronts[class] = nil
        looks = looks - 1
    end
    return nil
end

-- The probe of a blocked scope is its first call after the block.
local function begin(record, probe, rid)
    record[RUNNING] = record[RUNNING] + 1
    if record[probe] == 'due' then record[probe] = rid end
end

local function reserve(target, rid, amounts)
    local record = target[TARGET_RECORD]
    begin(record, TARGET_PROBE, rid)
    if target[INITIAL] > 0 and record[WINDOW] == 0 then
        record[WINDOW], record[FOLLOWS] = target[INITIAL], target[BY_FIRST_BYTE]
    end
    for place = 1, #target[GROUPS] do
        local group = target[GROUPS][place]
        local known = group[RECORD]
        begin(known, GROUP_PROBE, rid)
        for dimension = 1, 4 do
            local amount, ms = amounts[dimension], group[MS + dimension]
            if amount > 0 and ms > 0 then
                known[CLOCK + dimension] = moved(known[CLOCK + dimension], amount * ms)
            end
            known[USED + dimension] = known[USED + dimension] + amount
        end
        if group[DAY_CAP] > 0 then known[DAY], known[DAY_REQUESTS] = day_of(group), requests_today(group) + 1 end
    end
end

-- Charges the estimate to the clocks of class and tenant and puts the flow where it belongs now. Floors only rise,
-- whatever settlements give back.
local function charge_estimate(class, owner, has_more, amounts)
    local rank, tenant, clock = RANK[class], tenant_of(owner), front_clocks[class]
    local cost, class_clock = amounts[3] * pool[INPUT_COST] + amounts[4] * pool[OUTPUT_COST], state[CLASS_CLOCK + rank]
    if class_clock > state[SERVED_CLOCK] then state[SERVED_CLOCK] = class_clock end
    if clock > state[FLOOR + rank] then state[FLOOR + rank] = clock end
    state[CLASS_CLOCK + rank] = class_clock + round(cost * 1000 / pool[CLASS_WEIGHT + rank])
    state[TAKEN_JOBS] = state[TAKEN_JOBS] + 1
    state[TAKEN_TOKENS] = state[TAKEN_TOKENS] + amounts[2]
    tenant[RUNNING] = tenant[RUNNING] + 1
    tenant[CHARGED + rank] = tenant[CHARGED + rank] + cost
    charge_rates(owner, 1, amounts[2])
    clock = clock + clock_cost(owner, cost)
    if has_more then
        redis.call('ZADD', VT[class], whole(clock), owner)
    else
        redis.call('ZREM', VT[class], owner)
        redis.call('ZREM', DUE, class .. ':' .. owner)
        keep_idle(owner, class, clock)
    end
end

-- The groups of a target as its leases remember what was reserved there.
local function groups_text(target)
    local text = ''
    for place = 1, #target[GROUPS] do
        local group = target[GROUPS][place]
        text = text .. struct.pack(LEASE_GROUP_FORMAT, #group[NAME], group[NAME], group[MS + 1], group[MS + 2],
            group[MS + 3], group[MS + 4])
    end
    return text
end

-- What is open to some call is open to this one, unless it is so large that it needs a full bucket.
local function needs_full_bucket(target, amounts)
    for place = 1, #target[GROUPS] do
        local group = target[GROUPS][place]
        for dimension = 1, 4 do
            if amounts[dimension] * group[MS + dimension] > BUCKET_MS - BURST_MS then return true end
        end
    end
    return false
end

local leases, has_tries = { LEASES }, nil -- leases are written at the end, all at once
local taken, wait = {}, -1
while #taken < #ARGV - TOKENS_BEFORE do
    local member, class, owner, has_more = next_job()
    if not member then break end
    -- Strictly in order: nobody passes the job whose turn it is. With debt, what it waits for holds back everybody.
    local target, delay = choose_target(pool)
    local flow = class .. ':' .. owner
    local name, record, shape, raw_input, raw_output, amounts = name_in(member, flow), nil, nil, nil, nil, nil
    if delay <= 0 then record = redis.call('HGET', JOBS, name) end
    if record then
        local _, _, input, output = struct.unpack(RECORD_FORMAT, record)
        local is_guess = output >= GUESS
        if is_guess then output = output - GUESS end
        shape, raw_input, raw_output = shape_of(record:sub(1, 4)), input, output
        input, output = expected_tokens(shape.model, input, output, is_guess)
        amounts = { 1, input + output, input, output }
        if needs_full_bucket(target, amounts) then target, delay = choose_target(pool, amounts) end
    end
    if delay > 0 then
        if delay < NEVER then wait = math.ceil(delay) end
        break
    end
    redis.call('ZREM', BACKLOG, member)
    fronts[class] = nil
    if record then
        if not taken[1] then
            ensure_group()
            has_tries = redis.call('EXISTS', TRIES) == 1
        end
        local rid = redis.call('XADD', READY, '*', 'e', name)
        reserve(target, rid, amounts)
        charge_estimate(class, owner, has_more, amounts)
        local attempts, deaths = '0', '0'
        if has_tries then attempts, deaths = tries_of(name) end
        local token, is_tried = ARGV[TOKENS_BEFORE + #taken + 1], attempts ~= '0' or deaths ~= '0'
        local lease = struct.pack(LEASE_FORMAT, 0, 0, #token, token, #name, name, #flow, flow, #target[NAME],
            target[NAME], #shape.model, shape.model, raw_input, amounts[3], amounts[4], now, pool[INPUT_COST],
            pool[OUTPUT_COST], pool[CLASS_WEIGHT + RANK[class]], shape.key, #record, raw_input + raw_output,
            is_tried and 1 or 0) .. groups_text(target)
        local count = #leases
        leases[count + 1], leases[count + 2], leases[count + 3], leases[count + 4] = rid, lease, 'e~' .. name, rid
        taken[#taken + 1] = { rid, token, target[NAME], name, shape.text, record, attempts, deaths }
    elseif not has_more then
        refresh(flow)
    end
end

if #taken > 0 then
    redis.call('HSET', unpack(leases))
    redis.call('XREADGROUP', 'GROUP', GROUP, consumer, 'COUNT', #taken, 'STREAMS', READY, '>')
    -- Whoever sleeps takes the rest.
    if #taken == #ARGV - TOKENS_BEFORE then ring_if_runnable() end
end
-- One of those who wait for the same moment is enough: it rings for the others when there is more.
local function alarm()
    local at, owner = (redis.call('HGET', TICK, 'alarm') or ''):match('^(%d+):(.*)$')
    at = tonumber(at or 0)
    if owner ~= consumer and at > now and at <= now + wait then return -1 end
    redis.call('HSET', TICK, 'alarm', whole(now + wait) .. ':' .. consumer)
    return wait
end
if #taken == 0 then
    local due = redis.call('ZRANGE', PARKED, '0', '0', 'WITHSCORES')
    if wait < 0 and due[1] and tonumber(due[2]) < NEVER then wait = math.max(1, math.ceil(tonumber(due[2]) - now)) end
    if looks == 0 and is_runnable() then
        wait = 1 -- there is more to look at
    elseif wait > 0 then
        wait = alarm()
    end
end
commit()
return { wait, unpack(taken) }
