-- remove: public ids of jobs whose terminal row is in the ledger. A running one is only marked: its worker is told by
-- renew and settles. Returns how many were known.
local known = 0
for at = 1, #ARGV do
    local name = name_of(ARGV[at])
    local job = name and load(name)
    if job then
        known = known + 1
        local rid = redis.call('HGET', LEASES, 'e~' .. name)
        if rid then
            mark_lease(rid, 1)
        else
            redis.call('ZREM', BACKLOG, member_of(job.flow, job.deadline, name))
            redis.call('ZREM', DELAYED, name)
            redis.call('ZREM', OVERDUE, name)
            forget(job)
            refresh(job.flow)
        end
    end
end
commit()
return known
