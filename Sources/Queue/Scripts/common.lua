-- What all scripts of a pool share. Every key has a fixed name and carries the pool's hash tag, so a script declares
-- all it may touch. One field of `jobs` is one live job; its name is the public id of a single job, or number-line for
-- a line of a batch. What many jobs have in common is kept once, as their shape:
--   record  shape|deadline or ''|input|output, with g behind it where it is a guess|bytes of own|own, then body
--   shape   class:tenant|deadline or ''|bytes of model|model, then JSON that only Swift reads
local JOBS, SHAPES, BACKLOG = KEYS[1], KEYS[2], KEYS[3]
local VT = { i = KEYS[4], s = KEYS[5], b = KEYS[6] }
local PARKED, DUE, GATES, TENANTS, READY, LEASES = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12]
local DELAYED, DONE, BELL, TICK, EPOCH, IDLE = KEYS[13], KEYS[14], KEYS[15], KEYS[16], KEYS[17], KEYS[18]
local CLASSES, POLICIES, FEEDS, TRIES, OVERDUE, ENDED = KEYS[19], KEYS[20], KEYS[21], KEYS[22], KEYS[23], KEYS[24]
local SAMPLES, LEARNED, WAKE, SERVED, USAGE = KEYS[25], KEYS[26], KEYS[27], KEYS[28], KEYS[29]
local GROUP, CLASS_ORDER = 'workers', { 'i', 's', 'b' }
local NEVER = 9e15 -- a parked tenant that only an event brings back
local TOMBSTONE_MS = 120000
-- The pace is a little below a limit and bursts are short, so that in no minute more than the limit begins.
local PACE, BURST_MS = 0.985, 900
local BUCKET_MS = 60000 / PACE -- what a minute's bucket holds, in paced time
local DIMENSIONS = { 'r', 't', 'i', 'o' } -- requests, tokens, input tokens, output tokens

-- The time once: two calls in one script may differ on Redis 7.0. It does not go backwards, but a clock that was a
-- minute ahead by mistake does not stop it for longer.
local function read_clock()
    local time = redis.call('TIME')
    local present = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
    local seen = tonumber(redis.call('HGET', TICK, 'clock') or '0')
    if seen > present and seen - present < 60000 then return seen end
    if present - seen > 4 or present < seen then redis.call('HSET', TICK, 'clock', present) end
    return present
end
local now = read_clock()

local function number_text(value)
    if value == math.floor(value) then return string.format('%.0f', value) end
    return string.format('%.3f', value)
end

-- A small hash that a script reads once and writes back once, by `commit`.
local caches = {}
local function cached(key)
    local fields, changed
    local self = {}
    local function all()
        if not fields then
            fields = {}
            local flat = redis.call('HGETALL', key)
            for at = 1, #flat, 2 do fields[flat[at]] = flat[at + 1] end
        end
        return fields
    end
    function self.fields()
        local names = {}
        for field in pairs(all()) do names[#names + 1] = field end
        return names
    end
    function self.text(field) return all()[field] end
    function self.number(field) return tonumber(all()[field] or 0) end
    function self.set(field, value)
        all()[field] = value
        changed = changed or {}
        changed[field] = true
    end
    function self.add(field, amount) self.set(field, self.number(field) + amount) end
    function self.flush()
        if not changed then return end
        local kept, gone = {}, {}
        for field in pairs(changed) do
            local value = fields[field]
            if value == nil then
                gone[#gone + 1] = field
            else
                kept[#kept + 1] = field
                kept[#kept + 1] = type(value) == 'number' and number_text(value) or value
            end
        end
        if #kept > 0 then redis.call('HSET', key, unpack(kept)) end
        if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
        changed = nil
    end
    caches[#caches + 1] = self
    return self
end
local gates, classes = cached(GATES), cached(CLASSES)
local function commit()
    for _, cache in ipairs(caches) do cache.flush() end
end

-- Shapes: `number` → text, `~text's hash` → number, `n~number` → jobs that have it.
local shapes = {}
local function shape_of(number)
    if not shapes[number] then
        local text = redis.call('HGET', SHAPES, number)
        if not text then return nil end
        local class, tenant, deadline, length, at = text:match('^(%a):([^|]+)|(%d*)|(%d+)|()')
        shapes[number] = {
            number = number, text = text, class = class, tenant = tenant, flow = class .. ':' .. tenant,
            deadline = deadline, model = text:sub(at, at + tonumber(length) - 1), rest = text:sub(at),
            length = length,
        }
    end
    return shapes[number]
end

local function use_shape(text)
    local hash = '~' .. redis.sha1hex(text):sub(1, 24)
    local number = redis.call('HGET', SHAPES, hash)
    if not number then
        number = tostring(redis.call('HINCRBY', SHAPES, 'next', 1))
        redis.call('HSET', SHAPES, number, text, hash, number)
    end
    redis.call('HINCRBY', SHAPES, 'n~' .. number, 1)
    return number
end

local function drop_shape(number)
    if redis.call('HINCRBY', SHAPES, 'n~' .. number, -1) > 0 then return end
    local text = redis.call('HGET', SHAPES, number)
    if text then redis.call('HDEL', SHAPES, '~' .. redis.sha1hex(text):sub(1, 24)) end
    redis.call('HDEL', SHAPES, number, 'n~' .. number)
end

-- A job by its name, or nil when it is gone.
local function load(name)
    local record = redis.call('HGET', JOBS, name)
    if not record then return nil end
    local number, deadline, input, output, guess = record:match('^(%d+)|(%d*)|(%d+)|(%d+)(g?)|')
    local shape = shape_of(number)
    if deadline == '' then deadline = shape.deadline end
    return {
        name = name, record = record, shape = shape, flow = shape.flow, tenant = shape.tenant,
        due = deadline, deadline = tonumber(deadline), input = tonumber(input), output = tonumber(output),
        is_guess = guess == 'g',
    }
end

local function is_line(name) return name:sub(1, 4) ~= 'job_' end
local function batch_of(name) return is_line(name) and name:match('^(%d+)%-') or nil end

-- The name of a job by its public id, or nil for a line of a batch that is not here.
local function name_of(id)
    local suffix, line = id:match('^batch_req_(.+)_(%d+)$')
    if not suffix then return id end
    local number = redis.call('HGET', FEEDS, 'i~batch_' .. suffix)
    return number and number .. '-' .. line or nil
end

local function member_of(job) return job.flow .. ':' .. job.due .. ':' .. job.name end
local function parse_member(member)
    local flow, deadline, name = member:match('^(%a:[^:]+):(%d+):(.+)$')
    return flow, tonumber(deadline), name
end
-- ';' follows ':' in ASCII, so this is the range of one flow, from a deadline on where one is given.
local function heads(flow, limit, deadline)
    return redis.call('ZRANGEBYLEX', BACKLOG, '[' .. flow .. ':' .. (deadline or ''), '(' .. flow .. ';', 'LIMIT', 0,
        limit)
end
local function time_text(moment) return string.format('%013.0f', moment) end

-- Policies: weight:cap:ms per request:ms per token:paused:jobs:bytes:tokens, 0 for none.
local policies = {}
local POLICY_FIELDS = { 'weight', 'cap', 'request', 'token', 'paused', 'jobs', 'bytes', 'tokens' }
local function policy_of(tenant)
    if not policies[tenant] then
        local policy, at = {}, 1
        for part in (redis.call('HGET', POLICIES, tenant) or '1:0:0:0:0:0:0:0'):gmatch('[^:]+') do
            policy[POLICY_FIELDS[at]] = tonumber(part)
            at = at + 1
        end
        policies[tenant] = policy
    end
    return policies[tenant]
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

local function running_of(tenant) return tonumber(redis.call('HGET', TENANTS, 'n~' .. tenant) or '0') end
