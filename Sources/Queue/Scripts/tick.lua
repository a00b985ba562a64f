-- tick: lease in ms, gap in ms. The scheduler's clock. Returns {waiting, running, delayed, flows,
-- outcomes in the spool, their bytes}.
local lease_ms, gap_ms = tonumber(ARGV[1]), tonumber(ARGV[2])
ensure_group()
local last = tonumber(redis.call('HGET', TICK, 'at') or '0')
if now - last > gap_ms or now < last then redis.call('HSET', TICK, 'grace', whole(now + lease_ms)) end
redis.call('HSET', TICK, 'at', whole(now))

local function end_delays()
    local names, marks, due = redis.call('ZRANGEBYSCORE', DELAYED, '-inf', whole(now), 'LIMIT', '0', '50'), {}, {}
    if not names[1] then return end
    read_ahead(JOBS, names)
    for place, name in ipairs(names) do
        local is_read, job = pcall(load, name)
        if not is_read then redis.log(redis.LOG_WARNING, 'penstock: the record of ' .. name .. ' cannot be read') end
        marks[place], due[#due + 1] = 'h~' .. name, is_read and job or nil
    end
    redis.call('ZREM', DELAYED, unpack(names))
    redis.call('HDEL', TRIES, unpack(marks))
    wait_again(due)
end
end_delays()
local forgotten = redis.call('ZRANGEBYSCORE', DONE, '-inf', whole(now), 'LIMIT', '0', '500')
if #forgotten > 0 then redis.call('ZREM', DONE, unpack(forgotten)) end

-- Every so often, whoever of the schedulers comes first.
local function is_due(what, interval)
    if now - tonumber(redis.call('HGET', TICK, what) or '0') < interval and now >= last then return false end
    redis.call('HSET', TICK, what, whole(now))
    return true
end

-- Workers come and go under new names. One without entries is safe to forget: it would be made anew.
local function forget_consumers()
    for _, fields in ipairs(redis.call('XINFO', 'CONSUMERS', READY, GROUP)) do
        local consumer = {}
        for at = 1, #fields, 2 do consumer[fields[at]] = fields[at + 1] end
        if consumer.pending == 0 and consumer.idle > 3600000 then
            redis.call('XGROUP', 'DELCONSUMER', READY, GROUP, consumer.name)
        end
    end
end
if is_due('consumers', 60000) then forget_consumers() end
local elapsed = now - tonumber(redis.call('HGET', TICK, 'learned') or now)
if is_due('learned', 500) then
    learn(elapsed)
    measure_classes(elapsed)
end
if is_due('usage', 5000) then note_usage() end
sweep()

-- A bell that was taken by a worker that died rings again.
ring_if_runnable()
-- Whoever keeps this pool and sleeps is woken while there is work in it, one after the other.
if redis.call('HLEN', JOBS) == 0 then
    redis.call('DEL', WAKE)
elseif redis.call('LLEN', WAKE) == 0 then
    redis.call('LPUSH', WAKE, 1)
end
local running = redis.call('XPENDING', READY, GROUP)[1]
commit()
return { redis.call('ZCARD', BACKLOG), running, redis.call('ZCARD', DELAYED), redis.call('ZCARD', DUE),
    redis.call('HLEN', SPOOL), state[SPOOLED] }
