-- settle: calls that ended, each by 14 texts: rid, token, input, output (-1 keeps the estimate), sent 0/1, charges
-- tenant 0/1, what the call says about its target (none, answered, limited, overloaded, exhausted), ms to leave it
-- alone, signals (dimension:limit:remaining:ms to reset, '-' for unknown, joined by ','), ms of service or -1, ms to the
-- first byte or -1, 'done' or 'retry', of a retry delay in ms and whether it counts as an attempt 0/1.
-- Returns a digit for each: 1; 2 when this was done before, as a repeated call after a lost reply finds; or 0 when the
-- lease is somebody else's. In both cases nothing changes.
local WIDTH = 14
local TOKEN_AT, INPUT_AT, OUTPUT_AT, SENT_AT, CHARGES_AT, VERDICT_AT, PAUSE_AT, SIGNALS_AT = 1, 2, 3, 4, 5, 6, 7, 8
local SERVICE_AT, FIRST_BYTE_AT, NEXT_AT, DELAY_AT, COUNTS_AT = 9, 10, 11, 12, 13

-- The leases that their tokens hold, with all that they change, and the jobs that go on. All is read before anything is
-- written: what cannot be read ends the script while nothing has changed.
local held, owners, jobs = {}, {}, {}
local function read_held()
    local rids, list, names = {}, {}, {}
    for at = 1, #ARGV, WIDTH do rids[#rids + 1] = ARGV[at] end
    read_ahead(LEASES, rids)
    for at = 1, #ARGV, WIDTH do
        local lease = held_lease(ARGV[at], ARGV[at + TOKEN_AT])
        held[at], list[#list + 1] = lease, lease
        owners[#owners + 1] = lease and owner_of(lease[FLOW])
        local goes_on = lease and lease[CANCELLED] == 0 and ARGV[at + NEXT_AT] == 'retry'
        names[#names + 1] = goes_on and lease[JOB] or nil
    end
    read_ahead(JOBS, names)
    for _, name in ipairs(names) do jobs[name] = load(name) end
    open_scopes(list)
    read_ahead(TENANTS, owners)
    read_ahead(POLICIES, owners)
end
read_held()

-- What is removed and kept is gathered and written together.
local ended_leases, is_ended, ended_jobs, ended_shapes, waiting, samples = {}, {}, {}, {}, {}, {}

-- Limits and clocks by what was really used, and what the call told of its target.
local function settle_use(at, lease)
    local sent, charges, verdict = ARGV[at + SENT_AT] == '1', ARGV[at + CHARGES_AT] == '1', ARGV[at + VERDICT_AT]
    local input, output = tonumber(ARGV[at + INPUT_AT]), tonumber(ARGV[at + OUTPUT_AT])
    local is_known = input >= 0
    if not is_known then input, output = lease[INPUT], lease[OUTPUT] end
    if not sent then input, output = 0, 0 end
    settle_limits(lease, sent and 0 or -1, input - lease[INPUT], output - lease[OUTPUT])
    -- A failure that is not the tenant's is not charged to it.
    correct_charge(lease, (charges and input or 0) - lease[INPUT], (charges and output or 0) - lease[OUTPUT])
    if not sent then charge_rates(owner_of(lease[FLOW]), -1, 0) end
    if verdict == 'answered' then
        pass_probes(lease)
    elseif verdict ~= 'none' then
        turn_away(lease, verdict, tonumber(ARGV[at + PAUSE_AT]))
    end
    if lease[LEASE_TARGET][WINDOW] > 0 then adapt(lease, verdict, tonumber(ARGV[at + FIRST_BYTE_AT])) end
    if ARGV[at + SIGNALS_AT] ~= '' then tighten(lease, ARGV[at + SIGNALS_AT], verdict) end
    local service = tonumber(ARGV[at + SERVICE_AT])
    if verdict == 'answered' and service >= 0 and is_known then
        samples[#samples + 1] = sample_of(lease, service, input, output)
    end
end

-- What is to be counted of the job is in the lease.
local function end_job(lease)
    local name, key = lease[JOB], lease[SHAPE]
    if redis.call('HDEL', JOBS, name) == 0 then return end
    if lease[TRIED] == 1 then redis.call('HDEL', TRIES, 'a~' .. name, 'd~' .. name) end
    ended_shapes[key] = (ended_shapes[key] or 0) + 1
    count_live(owner_of(lease[FLOW]), -1, -lease[BYTES], -lease[MEANT])
    ended_jobs[#ended_jobs + 1] = name
end

local function try_again(job, delay, counts)
    if not job then return end
    if counts then redis.call('HINCRBY', TRIES, 'a~' .. job.name, '1') end
    if delay > 0 then
        -- At its deadline at the latest, so that it is seen to be overdue.
        redis.call('ZADD', DELAYED, whole(math.min(now + delay, job.deadline)), job.name)
    else
        waiting[#waiting + 1] = job
    end
end

local function settle(at)
    local rid, lease = ARGV[at], held[at]
    if is_ended[rid] then return '2' end
    if not lease then return was_ended_by_holder(rid) and '2' or '0' end
    settle_use(at, lease)
    free_slots(lease)
    ended_leases[#ended_leases + 1], is_ended[rid] = lease, true
    local is_cancelled = lease[CANCELLED] == 1
    if is_answered(lease[JOB]) and not is_cancelled then
        -- Stays until its outcome is written, and is nobody's.
    elseif ARGV[at + NEXT_AT] == 'done' or is_cancelled then
        end_job(lease)
    else
        try_again(jobs[lease[JOB]], tonumber(ARGV[at + DELAY_AT]), ARGV[at + COUNTS_AT] == '1')
    end
    return '1'
end

local answers = {}
for at = 1, #ARGV, WIDTH do answers[#answers + 1] = settle(at) end
wait_again(waiting)
remove_leases(ended_leases)
for key, jobs in pairs(ended_shapes) do count_shape(key, -jobs) end
bury(ended_jobs)
keep_samples(samples)
-- Slots are free: somebody who waits may go.
if ended_leases[1] then ring_if_runnable() end
commit()
return table.concat(answers)
