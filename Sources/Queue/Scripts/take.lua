-- take: consumer, the pool's settings, then one fresh token per wanted job.
-- Class by weighted clock, tenant by its clock in tokens, job by earliest deadline, then every gate of a target.
-- Returns {ms after which to ask again, {rid, token, target, name, shape, record, attempts, deaths}…}: 0 ms when there
-- may be more at once, -1 when the bell will tell.
local consumer, pool = ARGV[1], open_pool(ARGV[2])
local TOKENS_BEFORE = 2
local wanted = #ARGV - TOKENS_BEFORE

-- Workers stop while nobody takes what their calls bring.
if state[SPOOLED] >= pool[SPOOL_CAP] then return { 1000 } end

if now - state[ASKED] > 250 or now < state[ASKED] then state[ASKED] = now end
for _, flow in ipairs(redis.call('ZRANGEBYSCORE', PARKED, '-inf', whole(now), 'LIMIT', '0', '50')) do unpark(flow) end

-- Jobs that would end after their deadline are not begun while others can make it: first those that nearly surely will
-- end in time, then those that might. The rest waits for better times or its deadline.
local comfortable, possible = round(now + service_time(pool, Q95)), round(now + service_time(pool, Q10))

-- What taking moves is written together: members that leave the backlog; per class the clocks that moved and the
-- tenants that have no more; their flows. `write_moves` goes before whatever else looks at these keys.
local members, moved_clocks, gone_owners, gone_flows = {}, {}, {}, {}
local function write_moves()
    if members[1] then redis.call('ZREM', BACKLOG, unpack(members)) end
    for class, clocks in pairs(moved_clocks) do redis.call('ZADD', VT[class], unpack(clocks)) end
    for class, owners in pairs(gone_owners) do redis.call('ZREM', VT[class], unpack(owners)) end
    if gone_flows[1] then redis.call('ZREM', DUE, unpack(gone_flows)) end
    members, moved_clocks, gone_owners, gone_flows = {}, {}, {}, {}
end
local function note_in(lists, class, first, second)
    local list = lists[class] or {}
    lists[class], list[#list + 1] = list, first
    list[#list + 1] = second
end

-- The tenants in front of each class, in order, each with its clock behind it; as many as may be taken are read at once.
-- `is_cut` says that there may be more.
local fronts = {}
local function front_of(class)
    local front = fronts[class]
    if front and (front[1] or not front.is_cut) then return front end
    if front then write_moves() end
    front = redis.call('ZRANGE', VT[class], '0', whole(wanted - 1), 'WITHSCORES')
    front.is_cut = #front == wanted * 2
    local owners = {}
    for at = 1, #front, 2 do owners[(at + 1) / 2], front[at + 1] = front[at], tonumber(front[at + 1]) end
    read_ahead(TENANTS, owners)
    read_ahead(POLICIES, owners)
    fronts[class] = front
    return front
end
local function drop_front(front)
    table.remove(front, 1)
    table.remove(front, 1)
end
-- Where a tenant is with its new clock, if that is among those that were read.
local function requeue_front(front, owner, clock)
    drop_front(front)
    local at = #front - 1
    while at > 0 and (front[at + 1] > clock or (front[at + 1] == clock and front[at] > owner)) do at = at - 2 end
    if at == #front - 1 and front.is_cut then return end
    table.insert(front, at + 2, owner)
    table.insert(front, at + 3, clock)
end

local function next_class()
    local best, lowest
    for rank = 0, 2 do
        local class, clock = CLASS_ORDER[rank + 1], state[CLASS_CLOCK + rank]
        if (not best or clock < lowest) and front_of(class)[1] then best, lowest = class, clock end
    end
    return best
end

-- What is read of a flow's backlog from its head on, and how many of these are taken: two at first, and when its turn
-- comes again as many as may be taken.
local lines = {}
local function line_of(flow)
    local line = lines[flow]
    if line and (line[line.taken + 2] or not line.is_cut) then return line end
    if line then write_moves() end
    local limit = line and wanted + 1 or 2
    line = heads(flow, whole(limit))
    line.taken, line.is_cut = 0, #line == limit
    lines[flow] = line
    return line
end

-- A flow's job that goes next, as a member of the backlog, and whether others wait beside it. Without one: whether the
-- flow has any.
local function pick(flow)
    local line = line_of(flow)
    local first, has_more = line[line.taken + 1], line[line.taken + 2] ~= nil
    if not first or deadline_in(first, flow) >= comfortable then
        line.taken = line.taken + 1
        return first, has_more
    end
    write_moves()
    line.taken, line.is_cut = #line, true -- what is taken out of order is read anew
    first = heads(flow, '1', struct.pack('>I6', comfortable))[1]
    if not first and possible < comfortable then first = heads(flow, '1', struct.pack('>I6', possible))[1] end
    return first, has_more or not first
end

-- Flows that one script puts aside at most, so that it does not run long.
local looks = 60
-- The member that goes next, its class and tenant, and whether others wait beside it; or nil. Drained, bounded and
-- hopeless flows are put where they belong on the way.
local function next_job()
    while looks > 0 do
        local class = next_class()
        if not class then return nil end
        local front = fronts[class]
        local owner = front[1]
        local flow, own_wait = class .. ':' .. owner, tenant_wait(owner)
        local member, has_more = nil, true
        if own_wait <= 0 then
            member, has_more = pick(flow)
            if member then return member, class, owner, has_more end
            own_wait = 1000
        end
        write_moves()
        if has_more then
            park(flow, own_wait < NEVER and now + own_wait or NEVER)
        else
            refresh(flow)
        end
        drop_front(front)
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
    local rank, tenant, front = RANK[class], tenant_of(owner), fronts[class]
    local clock = front[2]
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
        note_in(moved_clocks, class, whole(clock), owner)
        requeue_front(front, owner, clock)
    else
        note_in(gone_owners, class, owner)
        gone_flows[#gone_flows + 1] = class .. ':' .. owner
        keep_idle(owner, class, clock)
        drop_front(front)
    end
end

-- The groups of a target as its leases remember what was reserved there.
local groups_texts = {}
local function groups_text(target)
    local text = groups_texts[target]
    if text then return text end
    text = ''
    for place = 1, #target[GROUPS] do
        local group = target[GROUPS][place]
        text = text .. struct.pack(LEASE_GROUP_FORMAT, #group[NAME], group[NAME], group[MS + 1], group[MS + 2],
            group[MS + 3], group[MS + 4])
    end
    groups_texts[target] = text
    return text
end

-- What is open to some call is open to this one, unless it is so large that a burst and it do not fit.
local function is_large(target, amounts)
    for place = 1, #target[GROUPS] do
        local group = target[GROUPS][place]
        for dimension = 1, 4 do
            local holds, amount = group[HOLDS + dimension], amounts[dimension] * group[MS + dimension]
            if amount > room_ms(holds, amount) - burst_ms(holds) then return true end
        end
    end
    return false
end

local leases, has_tries = { LEASES }, nil -- leases are written at the end, all at once
local taken, wait = {}, -1
while #taken < wanted do
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
        if is_large(target, amounts) then target, delay = choose_target(pool, amounts) end
    end
    if delay > 0 then
        if delay < NEVER then wait = math.ceil(delay) end
        break
    end
    members[#members + 1] = member
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
        write_moves()
        refresh(flow)
        drop_front(fronts[class])
    end
end

write_moves()
if #taken > 0 then
    redis.call('HSET', unpack(leases))
    redis.call('XREADGROUP', 'GROUP', GROUP, consumer, 'COUNT', whole(#taken), 'STREAMS', READY, '>')
end
-- One of those who wait for the same moment is enough: it rings for the others when there is more.
local function alarm()
    local at, owner = (redis.call('HGET', TICK, 'alarm') or ''):match('^(%d+):(.*)$')
    at = tonumber(at or 0)
    if owner ~= consumer and at > now and at <= now + wait then return -1 end
    redis.call('HSET', TICK, 'alarm', whole(now + wait) .. ':' .. consumer)
    return wait
end
if #taken == wanted then
    wait = 0
    ring_if_runnable() -- whoever sleeps takes the rest
else
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
