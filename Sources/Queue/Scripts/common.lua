-- What all scripts of a pool share. Every key has a fixed name and carries the pool's hash tag, so a script declares
-- all it may touch. One entry of the `jobs` stream is one live job; its other names are derived from its fields:
--   i public id (single jobs), q batch id (lines), k class:tenant:deadline, e input:output estimate, m meta, b body
local JOBS, IDS, BACKLOG = KEYS[1], KEYS[2], KEYS[3]
local VT = { i = KEYS[4], s = KEYS[5], b = KEYS[6] }
local PARKED, DUE, LIMITS, SLOTS, READY, LEASES = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12]
local DELAYED, DONE, BELL, TICK, EPOCH, IDLE = KEYS[13], KEYS[14], KEYS[15], KEYS[16], KEYS[17], KEYS[18]
local CLASSES, POLICIES, FEEDS, TRIES, OVERDUE, ENDED = KEYS[19], KEYS[20], KEYS[21], KEYS[22], KEYS[23], KEYS[24]
local GROUP, CLASS_ORDER = 'workers', { 'i', 's', 'b' }
local NEVER = 9e15 -- a parked tenant that only an event brings back
local TOMBSTONE_MS = 600000

-- The time once: two calls in one script may differ on Redis 7.0.
local function read_clock()
    local time = redis.call('TIME')
    return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local now = read_clock()

local function precise(number) return string.format('%.3f', number) end

-- The fields of a job's entry as a table, or nil when it is gone.
local function load(entry)
    local found = redis.call('XRANGE', JOBS, entry, entry)[1]
    if not found then return nil end
    local fields, job = found[2], { entry = entry }
    for at = 1, #fields, 2 do job[fields[at]] = fields[at + 1] end
    return job
end

-- `k` is class:tenant:deadline.
local function split_key(key)
    local class, tenant, deadline = key:match('^(%a):([^:]+):(%d+)$')
    return class, tenant, tonumber(deadline)
end
local function flow_of(key) return key:match('^%a:[^:]+') end
local function member_of(job) return job.k .. ':' .. job.entry .. ':' .. job.e end
local function parse_member(member)
    local class, tenant, deadline, entry, input, output =
        member:match('^(%a):([^:]+):(%d+):([%d%-]+):(%d+):(%d+)$')
    return { class = class, tenant = tenant, deadline = tonumber(deadline), entry = entry,
        input = tonumber(input), output = tonumber(output), flow = class .. ':' .. tenant }
end
-- ';' follows ':' in ASCII, so this is the range of one flow.
local function heads(flow, limit)
    return redis.call('ZRANGEBYLEX', BACKLOG, '[' .. flow .. ':', '(' .. flow .. ';', 'LIMIT', 0, limit)
end

-- Policies are "weight:cap", cap 0 for none.
local function policy_of(tenant)
    local weight, cap = (redis.call('HGET', POLICIES, tenant) or '1:0'):match('^(%d+):(%d+)$')
    return tonumber(weight), tonumber(cap)
end

local function ring()
    if redis.call('LLEN', BELL) == 0 then redis.call('LPUSH', BELL, 1) end
end

local function is_runnable()
    for _, class in ipairs(CLASS_ORDER) do
        if redis.call('ZCARD', VT[class]) > 0 then return true end
    end
    return false
end

-- Wakes a sleeper only where there is something for it.
local function ring_if_runnable()
    if is_runnable() then ring() end
end

-- Fairness: a tenant's clock runs while it has work that may go. Coming back it starts at the floor: no credit for
-- time away, nor for a wait caused by its own cap.
local function class_clock(class) return tonumber(redis.call('HGET', CLASSES, 'v:' .. class) or '0') end

local function wake_class(class)
    if redis.call('ZCARD', VT[class]) > 0 then return end
    local served = tonumber(redis.call('HGET', CLASSES, 'floor') or '0')
    if class_clock(class) < served then redis.call('HSET', CLASSES, 'v:' .. class, precise(served)) end
end

local function activate(flow)
    local class, tenant = flow:sub(1, 1), flow:sub(3)
    if redis.call('ZSCORE', VT[class], tenant) or redis.call('ZSCORE', PARKED, flow) then return end
    wake_class(class)
    local clock = tonumber(redis.call('HGET', IDLE, flow) or '0')
    local floor = tonumber(redis.call('HGET', CLASSES, 'f:' .. class) or '0')
    redis.call('ZADD', VT[class], precise(math.max(clock, floor)), tenant)
    redis.call('HDEL', IDLE, flow)
end

-- Takes a tenant out of the running, its clock kept.
local function rest(flow)
    local class, tenant = flow:sub(1, 1), flow:sub(3)
    local clock = redis.call('ZSCORE', VT[class], tenant)
    if clock then
        redis.call('ZREM', VT[class], tenant)
        redis.call('HSET', IDLE, flow, clock)
    end
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

-- Brings back a tenant that was parked by its cap, once there is room below it.
local function let_go(tenant)
    local _, cap = policy_of(tenant)
    if cap > 0 and tonumber(redis.call('HGET', SLOTS, 'n~' .. tenant) or '0') >= cap then return end
    for _, class in ipairs(CLASS_ORDER) do unpark(class .. ':' .. tenant) end
end

-- After the flow's first job changed: its earliest deadline, and whether it runs at all.
local function refresh(flow)
    local head = heads(flow, 1)[1]
    if head then
        redis.call('ZADD', DUE, parse_member(head).deadline, flow)
    else
        redis.call('ZREM', DUE, flow)
        redis.call('ZREM', PARKED, flow)
        rest(flow)
    end
end

local function charge(flow, tokens)
    local class, tenant = flow:sub(1, 1), flow:sub(3)
    local weight = policy_of(tenant)
    local amount = precise(tokens / weight)
    if redis.call('ZSCORE', VT[class], tenant) then
        redis.call('ZINCRBY', VT[class], amount, tenant)
    else
        redis.call('HINCRBYFLOAT', IDLE, flow, amount)
    end
end

local function push_backlog(job)
    local flow = flow_of(job.k)
    local _, _, deadline = split_key(job.k)
    redis.call('ZADD', BACKLOG, 0, member_of(job))
    redis.call('ZADD', DUE, 'LT', deadline, flow)
    activate(flow)
end

-- The last trace of a job. Singles leave a tombstone, so that a repeated enqueue stays a no-op.
local function forget(job)
    redis.call('XDEL', JOBS, job.entry)
    redis.call('HDEL', TRIES, 'a~' .. job.entry, 'd~' .. job.entry)
    if job.q and job.q ~= '' then
        -- Lines that outlive their batch's cursor must not leave a count behind.
        if redis.call('HEXISTS', FEEDS, 'n~' .. job.q) == 1 then redis.call('HINCRBY', FEEDS, 'n~' .. job.q, -1) end
    elseif job.i and job.i ~= '' then
        redis.call('HDEL', IDS, job.i)
        redis.call('ZADD', DONE, now + TOMBSTONE_MS, job.i)
        redis.call('PUBLISH', ENDED, job.i)
    end
end

-- Leases: `rid` → record, `e~entry` → rid, `x~rid` cancelled, `o~rid` taken from a silent worker.
local LEASE_FIELDS = { 'token', 'entry', 'key', 'target', 'groups', 'input', 'output', 'taken', 'id', 'batch' }
local function write_lease(rid, lease)
    local parts = {}
    for at, name in ipairs(LEASE_FIELDS) do parts[at] = tostring(lease[name]) end
    redis.call('HSET', LEASES, rid, table.concat(parts, '|'), 'e~' .. lease.entry, rid)
end
local function read_lease(rid)
    local text = redis.call('HGET', LEASES, rid)
    if not text then return nil end
    local lease, at = { rid = rid }, 1
    for part in (text .. '|'):gmatch('([^|]*)|') do
        lease[LEASE_FIELDS[at]] = part
        at = at + 1
    end
    lease.input, lease.output, lease.taken = tonumber(lease.input), tonumber(lease.output), tonumber(lease.taken)
    lease.flow = flow_of(lease.key)
    return lease
end
-- The lease that this token holds, or nil.
local function held_lease(rid, token)
    local lease = read_lease(rid)
    if lease and lease.token == token then return lease end
    return nil
end

-- What was reserved per limit group: name~slot~ms per request~per token~per input token~per output token.
local function each_group(groups, visit)
    for name, request, token, input, output in groups:gmatch('([^~,]+)~([^~,]+)~([^~,]+)~([^~,]+)~([^~,]+)') do
        visit(name, tonumber(request), tonumber(token), tonumber(input), tonumber(output))
    end
end

-- A rate clock moves by `milliseconds`, but never gives more than a full bucket.
local function move_clock(field, milliseconds)
    if milliseconds == 0 then return end
    local clock = math.max(tonumber(redis.call('HGET', LIMITS, field) or '0'), now)
    if milliseconds < 0 then clock = tonumber(redis.call('HGET', LIMITS, field) or '0') end
    redis.call('HSET', LIMITS, field, precise(clock + milliseconds))
end

-- Settles a reservation by what was really used; `sent` false gives all of it back.
local function settle_limits(lease, input, output, sent)
    each_group(lease.groups, function(name, per_request, per_token, per_input, per_output)
        if not sent then move_clock(name .. '~r', -per_request) end
        move_clock(name .. '~t', (input + output - lease.input - lease.output) * per_token)
        move_clock(name .. '~i', (input - lease.input) * per_input)
        move_clock(name .. '~o', (output - lease.output) * per_output)
    end)
end

-- Frees the slots of a lease and removes it. Slots are counted and freed only together with their lease, so the count
-- is the number of leases.
local function drop_lease(lease)
    local tenant = lease.flow:sub(3)
    redis.call('HINCRBY', SLOTS, 't~' .. lease.target, -1)
    local running = redis.call('HINCRBY', SLOTS, 'n~' .. tenant, -1)
    if running <= 0 then redis.call('HDEL', SLOTS, 'n~' .. tenant) end
    each_group(lease.groups, function(name) redis.call('HINCRBY', SLOTS, 'g~' .. name, -1) end)
    redis.call('HDEL', LEASES, lease.rid, 'e~' .. lease.entry, 'x~' .. lease.rid, 'o~' .. lease.rid)
    redis.call('XACK', READY, GROUP, lease.rid)
    redis.call('XDEL', READY, lease.rid)
    let_go(tenant)
end

local function ensure_group()
    if redis.call('EXISTS', READY) == 0 then
        redis.call('XGROUP', 'CREATE', READY, GROUP, '0', 'MKSTREAM')
    end
end

-- Adds one job; the caller has made sure that it is new.
local function add(id, batch, key, estimate, meta, body)
    local entry = redis.call('XADD', JOBS, '*', 'i', id, 'q', batch, 'k', key, 'e', estimate, 'm', meta, 'b', body)
    push_backlog({ entry = entry, k = key, e = estimate })
    return entry
end

-- What the outside is told of a live job.
local function describe(job)
    return { job.entry, job.m, job.b, redis.call('HGET', TRIES, 'a~' .. job.entry) or '0',
        redis.call('HGET', TRIES, 'd~' .. job.entry) or '0' }
end
