-- explain: the pool's settings, then public ids. Per known job: name, shape, record, attempts, deaths, phase, detail,
-- jobs of its flow before it, ms to its expected start or -1. Phases: running (target, since), answered, delayed
-- (until), waiting (reason, place).
local pool = open_pool(ARGV[1])

local function waiting_reason(job)
    local wait, reason = tenant_wait(job.tenant)
    if wait > 0 then return reason end
    if state[POOL_PAUSED] > 0 then return 'paused' end
    if now - state[ASKED] > 30000 then return 'no_worker' end
    if state[SPOOLED] >= pool[SPOOL_CAP] then return 'ledger' end
    local _, gate, cause = choose_target(pool)
    if gate > 0 then return cause end
    return 'tenant_share'
end

local function phase_of(job)
    local rid = redis.call('HGET', LEASES, 'e~' .. job.name)
    if rid then
        local lease = read_lease(rid)
        return { 'running', lease[TARGET], whole(lease[TAKEN_AT]), '-1' }
    end
    if is_answered(job.name) then return { 'answered', '', '0', '-1' } end
    local due = redis.call('ZSCORE', DELAYED, job.name)
    if due and redis.call('HEXISTS', TRIES, 'h~' .. job.name) == 1 then return { 'waiting', 'paused', '0', '-1' } end
    if due then return { 'delayed', due, '0', whole(math.max(0, tonumber(due) - now)) } end
    local member = member_of(job.flow, job.deadline, job.name)
    local before = redis.call('ZLEXCOUNT', BACKLOG, '[' .. job.flow .. ':', '(' .. member)
    local reason = waiting_reason(job)
    local start = reason ~= 'paused' and expected_start(pool, job.shape.class, job.tenant, before)
    return { 'waiting', reason, tostring(before), start and whole(math.ceil(start)) or '-1' }
end

local found = {}
for at = 2, #ARGV do
    local name = name_of(ARGV[at])
    local job = name and load(name)
    if job then
        local about, phase = describe(job), phase_of(job)
        for _, value in ipairs(phase) do about[#about + 1] = value end
        found[#found + 1] = about
    end
end
return found
