-- take: consumer, pool as JSON, then one fresh token per wanted job.
-- Class by weighted clock, tenant by its clock in tokens, job by earliest deadline, then every gate of a target.
-- Returns {wait in ms or -1, {rid, token, target, entry, meta, body, attempts, deaths}…}.
local consumer, pool = ARGV[1], cjson.decode(ARGV[2])
local TOKENS_BEFORE = 2

ensure_group()
redis.call('HSET', TICK, 'taken', now)
for _, flow in ipairs(redis.call('ZRANGEBYSCORE', PARKED, '-inf', now, 'LIMIT', 0, 100)) do unpark(flow) end

local function next_class()
    local best, lowest
    for _, class in ipairs(CLASS_ORDER) do
        if redis.call('ZCARD', VT[class]) > 0 then
            local clock = class_clock(class)
            if not best or clock < lowest then best, lowest = class, clock end
        end
    end
    return best, lowest
end

-- The job that goes next, or nil; drained, capped and overdue ones are put where they belong on the way.
local function next_job()
    while true do
        local class, class_time = next_class()
        if not class then return nil end
        local first = redis.call('ZRANGE', VT[class], 0, 0, 'WITHSCORES')
        local tenant, clock = first[1], tonumber(first[2])
        local flow = class .. ':' .. tenant
        local member = heads(flow, 1)[1]
        if not member then
            refresh(flow)
        else
            local job = parse_member(member)
            local _, cap = policy_of(tenant)
            if job.deadline <= now then
                redis.call('ZREM', BACKLOG, member)
                redis.call('ZADD', OVERDUE, now, job.entry)
                refresh(flow)
            elseif cap > 0 and tonumber(redis.call('HGET', SLOTS, 'n~' .. tenant) or '0') >= cap then
                park(flow, NEVER)
            else
                job.member, job.clock, job.class_time = member, clock, class_time
                return job
            end
        end
    end
end

local function reserve(target, input, output)
    local groups = {}
    redis.call('HINCRBY', SLOTS, 't~' .. target.n, 1)
    for at, name in ipairs(target.g) do
        local group = pool.groups[name]
        redis.call('HINCRBY', SLOTS, 'g~' .. name, 1)
        move_clock(name .. '~r', group.r)
        move_clock(name .. '~t', (input + output) * group.t)
        move_clock(name .. '~i', input * group.i)
        move_clock(name .. '~o', output * group.o)
        groups[at] = table.concat({ name, group.r, group.t, group.i, group.o }, '~')
    end
    return table.concat(groups, ',')
end

-- Floors only rise, whatever settlements give back.
local function raise_floor(field, clock)
    if clock > tonumber(redis.call('HGET', CLASSES, field) or '0') then
        redis.call('HSET', CLASSES, field, precise(clock))
    end
end

-- The clocks of class and tenant move by the estimate; both floors follow what was served.
local function charge_estimate(job)
    local tokens = job.input + job.output
    raise_floor('floor', job.class_time)
    raise_floor('f:' .. job.class, job.clock)
    redis.call('HINCRBYFLOAT', CLASSES, 'v:' .. job.class, precise(tokens / pool.weights[job.class]))
    charge(job.flow, tokens)
end

local taken, wait = {}, -1
while #taken < #ARGV - TOKENS_BEFORE do
    local candidate = next_job()
    if not candidate then break end
    local target, delay = choose_target(pool)
    if delay > 0 then
        -- Strictly in order: nobody passes the job whose turn it is.
        if delay < NEVER then wait = math.ceil(delay) end
        break
    end
    local job = load(candidate.entry)
    redis.call('ZREM', BACKLOG, candidate.member)
    if job then
        local rid = redis.call('XADD', READY, '*', 'e', job.entry)
        local token = ARGV[TOKENS_BEFORE + #taken + 1]
        write_lease(rid, { token = token, entry = job.entry, key = job.k, target = target.n,
            groups = reserve(target, candidate.input, candidate.output), input = candidate.input,
            output = candidate.output, taken = now, id = job.i, batch = job.q })
        redis.call('HINCRBY', SLOTS, 'n~' .. candidate.tenant, 1)
        charge_estimate(candidate)
        local about = describe(job)
        taken[#taken + 1] = { rid, token, target.n, unpack(about) }
    end
    refresh(candidate.flow)
end

if #taken > 0 then
    redis.call('XREADGROUP', 'GROUP', GROUP, consumer, 'COUNT', #taken, 'STREAMS', READY, '>')
    -- Whoever sleeps takes the rest.
    if #taken == #ARGV - TOKENS_BEFORE then ring_if_runnable() end
end
return { wait, unpack(taken) }
