-- What all scripts of a pool share. Every key has a fixed name and carries the pool's hash tag, so a script declares
-- all it may touch. One field of `jobs` is one live job; its name is the public id of a single job, or of a line of a
-- batch the batch's number and the line's (`line_name`). What many jobs have in common is kept once, as their shape:
--   record  shape|deadline or ''|input|output, with g behind it where it is a guess|bytes of own|own, then body
--   shape   class:tenant|deadline or ''|bytes of model|model, then JSON that only Swift reads
local JOBS, SHAPES, BACKLOG = KEYS[1], KEYS[2], KEYS[3]
local VT = { i = KEYS[4], s = KEYS[5], b = KEYS[6] }
local PARKED, DUE, GATES, TENANTS, READY, LEASES = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12]
local DELAYED, DONE, BELL, TICK, EPOCH, IDLE = KEYS[13], KEYS[14], KEYS[15], KEYS[16], KEYS[17], KEYS[18]
local CLASSES, POLICIES, FEEDS, TRIES, OVERDUE, ENDED = KEYS[19], KEYS[20], KEYS[21], KEYS[22], KEYS[23], KEYS[24]
local SAMPLES, LEARNED, WAKE, USAGE, SPOOL = KEYS[25], KEYS[26], KEYS[27], KEYS[28], KEYS[29]
local GROUP, CLASS_ORDER = 'workers', { 'i', 's', 'b' }
local NEVER = 9e15 -- a parked tenant that only an event brings back
local TOMBSTONE_MS = 120000
-- The pace is a little below a limit and bursts are short, so that in no minute more than the limit begins.
local PACE, BURST_MS = 0.98, 900
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

-- A hash that a script reads and writes through a table and writes back once, by `commit`: a small one is read whole,
-- of a large one only what is asked for.
local Hash = {}
Hash.__index = Hash
local hashes = {}
local function open_hash(key, is_small)
    local hash = setmetatable({ key = key, is_small = is_small, values = nil, changed = nil }, Hash)
    hashes[#hashes + 1] = hash
    return hash
end
function Hash:all()
    if not self.values then
        local values = {}
        if self.is_small then
            local flat = redis.call('HGETALL', self.key)
            for at = 1, #flat, 2 do values[flat[at]] = flat[at + 1] end
        end
        self.values = values
    end
    return self.values
end
-- False, which is kept, for what is not there.
function Hash:text(field)
    local values = self.values or self:all()
    local value = values[field]
    if value == nil and not self.is_small then
        value = redis.call('HGET', self.key, field)
        values[field] = value
    end
    return value
end
function Hash:number(field)
    local value = self:text(field)
    if not value then return 0 end
    if type(value) == 'string' then
        value = tonumber(value)
        self.values[field] = value
    end
    return value
end
-- Reads several fields of a large hash at once.
function Hash:fetch(...)
    local values, fields = self:all(), { ... }
    if values[fields[1]] ~= nil and values[fields[#fields]] ~= nil then return end
    for at, value in ipairs(redis.call('HMGET', self.key, ...)) do
        if values[fields[at]] == nil then values[fields[at]] = value end
    end
end
function Hash:set(field, value)
    local values = self.values or self:all()
    values[field] = value or false
    self.changed = self.changed or {}
    self.changed[field] = true
end
function Hash:add(field, amount) self:set(field, self:number(field) + amount) end
function Hash:flush()
    if not self.changed then return end
    local kept, gone = {}, {}
    for field in pairs(self.changed) do
        local value = self.values[field]
        if not value then
            gone[#gone + 1] = field
        else
            kept[#kept + 1] = field
            kept[#kept + 1] = type(value) == 'number' and number_text(value) or value
        end
    end
    if #kept > 0 then redis.call('HSET', self.key, unpack(kept)) end
    if #gone > 0 then redis.call('HDEL', self.key, unpack(gone)) end
    self.changed = nil
end
-- The names of all fields of a small hash.
local function field_names(hash)
    local names = {}
    for field, value in pairs(hash:all()) do
        if value then names[#names + 1] = field end
    end
    return names
end
local gates, classes = open_hash(GATES, true), open_hash(CLASSES, true)
local tenants, leases = open_hash(TENANTS), open_hash(LEASES)
local function commit()
    for _, hash in ipairs(hashes) do hash:flush() end
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

-- A letter says how many digits follow, so that the order of names is the order of lines: what comes back from a dead
-- worker goes before what was fed later.
local function line_name(number, line) return number .. '-' .. string.char(96 + #line) .. line end

-- The name of a job by its public id, or nil for a line of a batch that is not here.
local function name_of(id)
    local suffix, line = id:match('^batch_req_(.+)_(%d+)$')
    if not suffix then return id end
    local number = redis.call('HGET', FEEDS, 'i~batch_' .. suffix)
    return number and line_name(number, line) or nil
end

-- The possible names of a batch's lines after a line, at most `limit`, and the line to go on after, '0' at the end.
local function lines_from(batch, line, limit)
    local number = redis.call('HGET', FEEDS, 'i~' .. batch)
    local live = number and tonumber(redis.call('HGET', FEEDS, 'n~' .. number) or '0') or 0
    if live <= 0 then return {}, '0' end
    local last = tonumber(redis.call('HGET', FEEDS, 'm~' .. number) or '0')
    local names, till = {}, math.min(line + limit, last)
    for at = line + 1, till do names[#names + 1] = line_name(number, string.format('%.0f', at)) end
    return names, till < last and string.format('%.0f', till) or '0'
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
local POLICY = '^([^:]+):([^:]+):([^:]+):([^:]+):([^:]+):([^:]+):([^:]+):([^:]+)$'
local function policy_of(tenant)
    if not policies[tenant] then
        local weight, cap, request, token, paused, jobs, bytes, tokens =
            (redis.call('HGET', POLICIES, tenant) or '1:0:0:0:0:0:0:0'):match(POLICY)
        local policy = { weight = tonumber(weight), cap = tonumber(cap), request = tonumber(request),
            token = tonumber(token), paused = tonumber(paused), jobs = tonumber(jobs), bytes = tonumber(bytes),
            tokens = tonumber(tokens) }
        policy.is_bounded = policy.cap + policy.request + policy.token > 0
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

local function running_of(tenant) return tenants:number('n~' .. tenant) end
