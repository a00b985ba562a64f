-- orphans: reclaimer's name, silence in ms, limit, gap in ms. Jobs whose worker stopped renewing, claimed for whoever
-- asks; they come again after as long a silence if that one dies too. The cursor is kept, or a long head of healthy
-- entries would hide the dead ones behind it.
local reclaimer, silence_ms, limit, gap_ms = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
ensure_group()
-- After an outage, or a leap of the clock, living workers get one lease to announce what they hold. The next tick sees
-- that there was one and says until when; what asks before it waits for it.
local ticked, grace = unpack(redis.call('HMGET', TICK, 'at', 'grace'))
ticked = tonumber(ticked or '0')
if now - ticked > gap_ms or now < ticked or now < tonumber(grace or '0') then return {} end
local cursor = redis.call('HGET', TICK, 'cursor') or '0-0'
local reply = redis.call('XAUTOCLAIM', READY, GROUP, reclaimer, silence_ms, cursor, 'COUNT', limit, 'JUSTID')
redis.call('HSET', TICK, 'cursor', reply[1])
local found = {}
for _, rid in ipairs(reply[2]) do
    local lease = read_lease(rid)
    local job = lease and load(lease[JOB])
    if job then
        mark_lease(rid, 2)
        found[#found + 1] = { rid, lease[TOKEN], lease[TARGET], whole(lease[TAKEN_AT]), unpack(describe(job)) }
    elseif lease then
        open_scopes({ lease })
        drop_lease(lease)
    else
        redis.call('XACK', READY, GROUP, rid)
        redis.call('XDEL', READY, rid)
    end
end
commit()
return found
