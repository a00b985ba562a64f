-- settle: rid, token, input, output (-1 keeps the estimate), sent 0/1, charges tenant 0/1, what the call says about its
-- target (none, answered, limited, overloaded, exhausted), ms to leave it alone, signals (dimension:limit:remaining:ms
-- to reset, '-' for unknown, joined by ','), ms of service or -1, ms to the first byte or -1, then 'done', or 'retry'
-- with delay in ms and whether it counts as an attempt 0/1.
-- Returns 1; 2 when this was done before, as a repeated call after a lost reply finds; or 0 when the lease is somebody
-- else's. In both cases nothing changes.
local rid, token = ARGV[1], ARGV[2]
local lease = held_lease(rid, token)
if not lease then return was_ended_by_holder(rid) and 2 or 0 end
local sent, charges, verdict = ARGV[5] == '1', ARGV[6] == '1', ARGV[7]
local input, output = tonumber(ARGV[3]), tonumber(ARGV[4])
local is_known = input >= 0
if not is_known then input, output = lease[INPUT], lease[OUTPUT] end
if not sent then input, output = 0, 0 end
open_scopes(lease)
local owner = owner_of(lease[FLOW])

settle_limits(lease, sent and 0 or -1, input - lease[INPUT], output - lease[OUTPUT])
-- A failure that is not the tenant's is not charged to it.
correct_charge(lease, (charges and input or 0) - lease[INPUT], (charges and output or 0) - lease[OUTPUT])
if not sent then charge_rates(owner, -1, 0) end
if verdict == 'answered' then
    pass_probes(lease)
elseif verdict ~= 'none' then
    turn_away(lease, verdict, tonumber(ARGV[8]))
end
if lease[LEASE_TARGET][WINDOW] > 0 then adapt(lease, verdict, tonumber(ARGV[11])) end
if ARGV[9] ~= '' then tighten(lease, ARGV[9]) end
local service = tonumber(ARGV[10])
if verdict == 'answered' and service >= 0 and is_known then note_sample(lease, service, input, output) end

drop_lease(lease)
local name, is_cancelled = lease[JOB], lease[CANCELLED] == 1
if is_answered(name) and not is_cancelled then
    -- Stays until its outcome is written, and is nobody's.
elseif ARGV[12] == 'done' or is_cancelled then
    -- What is to be counted of the job is in the lease.
    if redis.call('HDEL', JOBS, name) == 1 then
        if lease[TRIED] == 1 then redis.call('HDEL', TRIES, 'a~' .. name, 'd~' .. name) end
        count_shape(lease[SHAPE], '-1')
        count_live(owner, -1, -lease[BYTES], -lease[MEANT])
        bury(name)
    end
else
    local job = load(name)
    if job then
        local delay = tonumber(ARGV[13])
        if ARGV[14] == '1' then redis.call('HINCRBY', TRIES, 'a~' .. name, '1') end
        if delay > 0 then
            -- At its deadline at the latest, so that it is seen to be overdue.
            redis.call('ZADD', DELAYED, whole(math.min(now + delay, job.deadline)), name)
        else
            wait_again(name, job.shape.class, job.tenant, job.deadline)
        end
    end
end
-- A slot is free: somebody who waits may go.
ring_if_runnable()
commit()
return 1
