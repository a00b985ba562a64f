-- What waits. One field of `jobs` is one live job; its name is the public id of a single job, or of a line of a batch
-- the batch's number and the line's (`line_name`). What many jobs have in common is kept once, as their shape. Both are
-- packed, numbers with the highest byte first:
--   record  4 bytes of shape key, 6 of deadline or 0, 4 of input, 4 of output with the highest bit set where it is a
--           guess, 3 of own's length, then own and body
--   shape   class, 1 byte of tenant's length, tenant, 6 of deadline or 0, 2 of model's length, model, then JSON that
--           only Swift reads
local RECORD_FORMAT, GUESS = '>I4I6I4I4', 2147483648
local SHAPE_FORMAT = '>c1Bc0I6Hc0'

-- Shapes: key → text, `n` and key → jobs that have it.
local shapes = {}
local function shape_of(key)
    local shape = shapes[key]
    if not shape then
        local text = text_of(SHAPES, key)
        if not text then return nil end
        local class, tenant, deadline, model = struct.unpack(SHAPE_FORMAT, text)
        shape = { key = key, text = text, class = class, tenant = tenant, flow = class .. ':' .. tenant,
            deadline = deadline, model = model }
        shapes[key] = shape
    end
    return shape
end

-- A shape's key is the beginning of its text's hash, or the next number where another shape has that.
local function hash_of(text) return tonumber(redis.sha1hex(text):sub(1, 8), 16) end
local function key_of(number) return struct.pack('>I4', number % 4294967296) end
local function shape_key(text, hash)
    for number = hash, math.huge do
        local key = key_of(number)
        local known = text_of(SHAPES, key)
        if known == text then return key end
        if not known then
            redis.call('HSET', SHAPES, key, text)
            if ahead[SHAPES] then ahead[SHAPES][key] = text end
            return key
        end
    end
end

-- Jobs more or less of a shape; it goes with its last one.
local function count_shape(key, jobs)
    if redis.call('HINCRBY', SHAPES, 'n' .. key, whole(jobs)) <= 0 then redis.call('HDEL', SHAPES, key, 'n' .. key) end
end

-- A job by its name, or nil when it is gone.
local function load(name)
    local record = text_of(JOBS, name)
    if not record then return nil end
    local _, deadline, input, output = struct.unpack(RECORD_FORMAT, record)
    local shape, is_guess = shape_of(record:sub(1, 4)), output >= GUESS
    return {
        name = name, record = record, shape = shape, flow = shape.flow, tenant = shape.tenant,
        deadline = deadline > 0 and deadline or shape.deadline, input = input,
        output = is_guess and output - GUESS or output, is_guess = is_guess,
    }
end

-- A member of the backlog: flow, ':', 6 bytes of deadline, name. So the first of a flow is its earliest deadline.
local function member_of(flow, deadline, name) return flow .. ':' .. struct.pack('>I6', deadline) .. name end
local function deadline_in(member, flow) return (struct.unpack('>I6', member, #flow + 2)) end
local function name_in(member, flow) return member:sub(#flow + 8) end

-- ';' follows ':' in ASCII, so this is the range of one flow, from a deadline in 6 bytes on where one is given.
local function heads(flow, limit, deadline)
    return redis.call('ZRANGEBYLEX', BACKLOG, '[' .. flow .. ':' .. (deadline or ''), '(' .. flow .. ';', 'LIMIT', '0',
        limit)
end

-- Counts what is live, of a tenant and of the pool.
local function count_in(record, place, jobs, bytes, tokens)
    local live = record[place] + jobs
    if live > 0 then
        record[place] = live
        record[place + 1] = math.max(0, record[place + 1] + bytes)
        record[place + 2] = math.max(0, record[place + 2] + tokens)
    else
        record[place], record[place + 1], record[place + 2] = 0, 0, 0
    end
end
local function count_live(tenant, jobs, bytes, tokens)
    count_in(tenant_of(tenant), TENANT_LIVE, jobs, bytes, tokens)
    count_in(state, POOL_LIVE, jobs, bytes, tokens)
end

-- Attempts and deaths of a job.
local function tries_of(name)
    local tries = redis.call('HMGET', TRIES, 'a~' .. name, 'd~' .. name)
    return tries[1] or '0', tries[2] or '0'
end
-- What the outside is told of a live job.
local function describe(job) return { job.name, job.shape.text, job.record, tries_of(job.name) } end
