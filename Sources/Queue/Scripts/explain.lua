-- explain: pool as JSON, then entries or ids. Per known job: entry, meta, body, attempts, deaths, phase, detail, place.
-- Phases: running (target, since), delayed (until), waiting (reason, jobs of its flow before it).
local pool = cjson.decode(ARGV[1])

local function waiting_reason(job)
    local class, tenant = split_key(job.k)
    local _, cap = policy_of(tenant)
    if cap > 0 and tonumber(redis.call('HGET', SLOTS, 'n~' .. tenant) or '0') >= cap then return 'slots' end
    if now - tonumber(redis.call('HGET', TICK, 'taken') or '0') > 30000 then return 'no_worker' end
    local _, wait, reason = choose_target(pool)
    if wait > 0 then return reason end
    return 'tenant_share'
end

local function phase_of(job)
    local rid = redis.call('HGET', LEASES, 'e~' .. job.entry)
    if rid then
        local lease = read_lease(rid)
        return { 'running', lease.target, tostring(lease.taken) }
    end
    local due = redis.call('ZSCORE', DELAYED, job.entry)
    if due then return { 'delayed', due, '0' } end
    local before = redis.call('ZLEXCOUNT', BACKLOG, '[' .. flow_of(job.k) .. ':', '(' .. member_of(job))
    return { 'waiting', waiting_reason(job), tostring(before) }
end

local found = {}
for at = 2, #ARGV do
    local entry = redis.call('HGET', IDS, ARGV[at])
    local job = entry and load(entry)
    if job then
        local about, phase = describe(job), phase_of(job)
        for _, value in ipairs(phase) do about[#about + 1] = value end
        found[#found + 1] = about
    end
end
return found
