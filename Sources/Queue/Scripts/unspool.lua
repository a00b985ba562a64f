-- unspool: fields of outcomes that the ledger has now. A job that is still held is forgotten by whoever settles it.
for at = 1, #ARGV do
    local field = ARGV[at]
    local length = redis.call('HSTRLEN', SPOOL, field)
    if length > 0 then
        redis.call('HDEL', SPOOL, field)
        state[SPOOLED] = state[SPOOLED] - length
        local name = field:match('^j~(.+)$')
        local job = name and redis.call('HEXISTS', LEASES, 'e~' .. name) == 0 and load(name)
        if job then forget(job) end
    end
end
-- Who waited for room in the spool may go.
ring_if_runnable()
commit()
return 1
