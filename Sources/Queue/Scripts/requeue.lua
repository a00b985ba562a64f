-- requeue: rid, token. An orphan goes back to its place; its rate reservation stays, as its call may have been made,
-- and its tenant is not charged for it.
local lease = held_lease(ARGV[1], ARGV[2])
if not lease then return 0 end
charge(lease.flow, -lease.input - lease.output)
drop_lease(lease)
redis.call('HINCRBY', TRIES, 'd~' .. lease.entry, 1)
local job = load(lease.entry)
if job then push_backlog(job) end
ring()
return 1
