-- settle: rid, token, input, output (-1 keeps the estimate), sent 0/1, charges tenant 0/1, what the call says about its
-- target (none, answered, limited, overloaded, exhausted), ms to leave it alone, signals (dimension:limit:remaining:ms
-- to reset, '-' for unknown, joined by ','), ms of service or -1, ms to the first byte or -1, then 'done', or 'retry'
-- with delay in ms and whether it counts as an attempt 0/1.
-- Returns 1; 2 when this was done before, as a repeated call after a lost reply finds; or 0 when the lease is somebody
-- else's. In both cases nothing changes.
local rid, token = ARGV[1], ARGV[2]
local lease = held_lease(rid, token)
if not lease then return was_ended_by_holder(rid) and 2 or 0 end
local sent, charges, verdict, pause = ARGV[5] == '1', ARGV[6] == '1', ARGV[7], tonumber(ARGV[8])
local service, first_byte = tonumber(ARGV[10]), tonumber(ARGV[11])
local input, output = tonumber(ARGV[3]), tonumber(ARGV[4])
local is_known = input >= 0
if not is_known then input, output = lease.input, lease.output end
if not sent then input, output = 0, 0 end

settle_limits(lease, input, output, sent)
-- A failure that is not the tenant's is not charged to it.
local used_input, used_output = charges and input or 0, charges and output or 0
charge_flow(lease, cost_of(lease, used_input - lease.input, used_output - lease.output),
    used_input + used_output - lease.input - lease.output)
if not sent then charge_rates(lease.tenant, -1, 0) end

if verdict == 'limited' then
    each_scope(lease, function(scope) refuse(scope, pause) end)
elseif verdict == 'overloaded' and pause > 0 then
    refuse('t~' .. lease.target, pause)
elseif verdict == 'exhausted' then
    gates:set('x~' .. lease.target, gates:text('x~' .. lease.target) or now)
elseif verdict == 'answered' then
    each_scope(lease, function(scope)
        if gates:text('p~' .. scope) == rid then gates:set('p~' .. scope, nil) end
    end)
end
adapt(lease, verdict, first_byte)
tighten(lease, ARGV[9])
if verdict == 'answered' and service >= 0 and is_known then
    local sample = { lease.target, service, lease.raw, input, output, lease.model }
    if redis.call('RPUSH', SAMPLES, table.concat(sample, '|')) > 2000 then redis.call('LTRIM', SAMPLES, -1000, -1) end
end

local cancelled = leases:text('x~' .. rid)
drop_lease(lease)
local job = load(lease.name)
if not job then
    -- Gone already.
elseif is_answered(job.name) and not cancelled then
    -- Stays until its outcome is written, and is nobody's.
elseif ARGV[12] == 'done' or cancelled then
    forget(job)
else
    local delay = tonumber(ARGV[13])
    if ARGV[14] == '1' then redis.call('HINCRBY', TRIES, 'a~' .. job.name, 1) end
    if delay > 0 then
        -- At its deadline at the latest, so that it is seen to be overdue.
        redis.call('ZADD', DELAYED, math.min(now + delay, job.deadline), job.name)
    else
        wait_again(job)
    end
end
-- A slot is free: somebody who waits may go.
ring_if_runnable()
commit()
return 1
