-- requeue: rid, token. An orphan goes back to its place; its rate reservation stays, as its call may have been made,
-- and its tenant is not charged for it.
local lease = held_lease(ARGV[1], ARGV[2])
if not lease then return 0 end
charge_flow(lease, cost_of(lease, -lease.input, -lease.output), -lease.input - lease.output)
drop_lease(lease)
leases:set('l~' .. lease.rid, now)
redis.call('HINCRBY', TRIES, 'd~' .. lease.name, 1)
local job = load(lease.name)
if job and not is_answered(job.name) then wait_again(job) end
ring()
commit()
return 1
