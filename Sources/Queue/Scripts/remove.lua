-- remove: 'id' or 'entry', then names of jobs whose terminal row is in the ledger. A running one is only marked: its
-- worker is told by renew and settles. Returns how many were known.
local by_id, known = ARGV[1] == 'id', 0
for at = 2, #ARGV do
    local entry = ARGV[at]
    if by_id then entry = redis.call('HGET', IDS, entry) end
    local job = entry and load(entry)
    if job then
        known = known + 1
        local rid = redis.call('HGET', LEASES, 'e~' .. entry)
        if rid then
            redis.call('HSET', LEASES, 'x~' .. rid, 1)
        else
            redis.call('ZREM', BACKLOG, member_of(job))
            redis.call('ZREM', DELAYED, entry)
            redis.call('ZREM', OVERDUE, entry)
            forget(job)
            refresh(flow_of(job.k))
        end
    end
end
return known
