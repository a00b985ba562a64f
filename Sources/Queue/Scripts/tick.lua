-- tick: lease in ms, gap in ms. The scheduler's clock. Returns {waiting, running, delayed, tenants}.
local lease_ms, gap_ms = tonumber(ARGV[1]), tonumber(ARGV[2])
ensure_group()
local last = tonumber(redis.call('HGET', TICK, 'at') or '0')
if now - last > gap_ms or now < last then redis.call('HSET', TICK, 'grace', now + lease_ms) end
redis.call('HSET', TICK, 'at', now)

for _, entry in ipairs(redis.call('ZRANGEBYSCORE', DELAYED, '-inf', now, 'LIMIT', 0, 200)) do
    redis.call('ZREM', DELAYED, entry)
    local job = load(entry)
    if job then push_backlog(job) end
end
redis.call('ZREMRANGEBYSCORE', DONE, '-inf', now)

-- Workers come and go under new names. One without entries is safe to forget: it would be made anew.
if math.floor(last / 60000) ~= math.floor(now / 60000) then
    for _, fields in ipairs(redis.call('XINFO', 'CONSUMERS', READY, GROUP)) do
        local consumer = {}
        for at = 1, #fields, 2 do consumer[fields[at]] = fields[at + 1] end
        if consumer.pending == 0 and consumer.idle > 3600000 then
            redis.call('XGROUP', 'DELCONSUMER', READY, GROUP, consumer.name)
        end
    end
end

local tenants = redis.call('ZCARD', DUE)
-- A bell that was taken by a worker that died rings again.
ring_if_runnable()
local running = redis.call('XPENDING', READY, GROUP)[1]
return { redis.call('ZCARD', BACKLOG), running, redis.call('ZCARD', DELAYED), tenants }
