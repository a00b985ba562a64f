-- What scripts share. The keys of a pool stand under their names in capitals: PoolKeys.swift. A script gets those keys
-- that it uses, and of the library the pieces that it uses, as all that stands in a script is made anew by every call
-- (ScriptLinker.swift). So each piece begins with `local` at the left margin, and a name is used below it only. What
-- such a name in capitals stands for, a key, a number or a text, is put where the name is.
local GROUP = 'workers'
local CLASS_ORDER = { 'i', 's', 'b' }
local VT = { i = VT_INTERACTIVE, s = VT_STANDARD, b = VT_BATCH }
local NEVER = 9e15 -- a parked tenant that only an event brings back
local TOMBSTONE_MS = 120000
-- The pace is a little below a limit and bursts are short, so that in no minute more than the limit begins.
local PACE, BURST_MS = 0.98, 900
local BUCKET_MS = 60000 / PACE -- what a minute's bucket holds, in paced time
-- Dimensions of limits by number: requests, tokens, input tokens, output tokens.
local DIMENSION_LETTERS = { 'r', 't', 'i', 'o' }

-- The time once: two calls in one script may differ on Redis 7.0. It does not go backwards, but a clock that was a
-- minute ahead by mistake does not stop it for longer.
local function read_clock()
    local time = redis.call('TIME')
    local present = time[1] * 1000 + math.floor(time[2] / 1000)
    local seen = tonumber(redis.call('HGET', TICK, 'clock') or 0)
    if seen > present and seen - present < 60000 then return seen end
    if present - seen > 4 or present < seen then
        redis.call('HSET', TICK, 'clock', string.format('%d', present))
    end
    return present
end
local now = read_clock()

-- Whole numbers as text: much cheaper than what Lua and Redis make of a number.
local function whole(number) return string.format('%d', number) end
local function round(number) return math.floor(number + 0.5) end

-- A tenant's jobs of one class wait in one flow: class:tenant.
local function class_of(flow) return flow:sub(1, 1) end
local function owner_of(flow) return flow:sub(3) end

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
    for at = line + 1, till do names[#names + 1] = line_name(number, whole(at)) end
    return names, till < last and whole(till) or '0'
end

local function ring()
    if redis.call('LLEN', BELL) == 0 then redis.call('LPUSH', BELL, '1') end
end

local function is_runnable() return redis.call('EXISTS', VT.i, VT.s, VT.b) > 0 end

-- Wakes a sleeper only where there is something for it.
local function ring_if_runnable()
    if redis.call('LLEN', BELL) > 0 or redis.call('EXISTS', VT.i, VT.s, VT.b) == 0 then return end
    redis.call('LPUSH', BELL, '1')
end

-- Wakes who keeps an empty pool, and who works.
local function ring_for(added)
    if added == 0 then return end
    if redis.call('HLEN', JOBS) == added and redis.call('LLEN', WAKE) == 0 then redis.call('LPUSH', WAKE, '1') end
    ring()
end

-- Jobs become available by the consumer group; it begins with the pool's first take.
local function ensure_group()
    if redis.call('EXISTS', READY) == 0 then
        redis.call('XGROUP', 'CREATE', READY, GROUP, '0', 'MKSTREAM')
        -- By the clock of the entries' ids, which may differ from `now`.
        local time = redis.call('TIME')
        redis.call('HSET', TICK, 'began', whole(time[1] * 1000 + math.floor(time[2] / 1000)))
    end
end
