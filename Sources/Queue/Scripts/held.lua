-- held: consumer, the key after which to look or '-', limit. Renews what the consumer holds and returns it as take
-- does; what was taken from it meanwhile is left out.
local consumer, after, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
ensure_group()
local found = {}
for _, pending in ipairs(redis.call('XPENDING', READY, GROUP, after, '+', limit, consumer)) do
    local rid = pending[1]
    local lease = read_lease(rid)
    local job = lease and lease[ORPHANED] == 0 and load(lease[JOB])
    if job then
        redis.call('XCLAIM', READY, GROUP, consumer, 0, rid, 'JUSTID')
        found[#found + 1] = { rid, lease[TOKEN], lease[TARGET], unpack(describe(job)) }
    end
end
return found
