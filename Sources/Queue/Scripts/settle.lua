-- settle: rid, token, input, output (-1 keeps the estimate), sent 0/1, charges tenant 0/1, block target for ms,
-- then 'done', or 'retry' with delay in ms and whether it counts as an attempt 0/1.
-- Returns 1, or 0 when the lease was not held any more and nothing changed.
local rid, token = ARGV[1], ARGV[2]
local lease = held_lease(rid, token)
if not lease then return 0 end
local sent, charges, block = ARGV[5] == '1', ARGV[6] == '1', tonumber(ARGV[7])
local input, output = tonumber(ARGV[3]), tonumber(ARGV[4])
if input < 0 then input, output = lease.input, lease.output end
if not sent then input, output = 0, 0 end

settle_limits(lease, input, output, sent)
-- A failure that is not the tenant's is not charged to it.
local used = charges and input + output or 0
charge(lease.flow, used - lease.input - lease.output)
if block > 0 then
    local till = math.max(now + block, tonumber(redis.call('HGET', LIMITS, 'b~' .. lease.target) or '0'))
    redis.call('HSET', LIMITS, 'b~' .. lease.target, till)
end

local cancelled = redis.call('HEXISTS', LEASES, 'x~' .. rid) == 1
drop_lease(lease)
if ARGV[8] == 'done' or cancelled then
    forget({ entry = lease.entry, i = lease.id, q = lease.batch })
else
    local delay = tonumber(ARGV[9])
    if ARGV[10] == '1' then redis.call('HINCRBY', TRIES, 'a~' .. lease.entry, 1) end
    if delay > 0 then
        -- At its deadline at the latest, so that it is seen to be overdue.
        local _, _, deadline = split_key(lease.key)
        redis.call('ZADD', DELAYED, math.min(now + delay, deadline), lease.entry)
    else
        local job = load(lease.entry)
        if job then push_backlog(job) end
    end
end
-- A slot is free: somebody who waits may go.
ring_if_runnable()
return 1
