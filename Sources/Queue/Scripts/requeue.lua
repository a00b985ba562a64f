-- requeue: rid, token. An orphan goes back to its place; its rate reservation stays, as its call may have been made,
-- and its tenant is not charged for it.
local lease = held_lease(ARGV[1], ARGV[2])
if not lease then return 0 end
open_scopes({ lease })
correct_charge(lease, -lease[INPUT], -lease[OUTPUT])
drop_lease(lease)
redis.call('HSET', LEASES, 'l~' .. lease[RID], whole(now))
redis.call('HINCRBY', TRIES, 'd~' .. lease[JOB], 1)
local job = load(lease[JOB])
if job and not is_answered(job.name) then
    wait_again({ job })
end
ring()
commit()
return 1
