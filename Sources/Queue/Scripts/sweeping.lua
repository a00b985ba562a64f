-- What is left of tenants that are gone, a little at a time, and clocks that run for months.
local LONG_AGO, FAR = 600, 1e15

-- Subtracts what all clocks of a class have in common, long before a double would lose whole numbers.
local function rebase(class)
    local rank = RANK[class]
    local floor, place = state[FLOOR + rank], IDLE_CLOCK + rank
    local scores = redis.call('ZRANGE', VT[class], 0, -1, 'WITHSCORES')
    for at = 1, #scores, 2 do redis.call('ZADD', VT[class], whole(tonumber(scores[at + 1]) - floor), scores[at]) end
    for _, name in ipairs(redis.call('HKEYS', TENANTS)) do
        local tenant = tenant_of(name)
        tenant[place] = math.max(0, tenant[place] - floor)
    end
    pace_of(class)[SEEN_FLOOR], state[FLOOR + rank] = 0, 0
end
local function rebase_classes()
    local served = state[SERVED_CLOCK]
    for rank = 0, 2 do state[CLASS_CLOCK + rank] = state[CLASS_CLOCK + rank] - served end
    state[SERVED_CLOCK] = 0
end

-- The places of a tenant's record that say nothing more: idle clocks that are old or at the floor, rate clocks and
-- promises that are over, and, without live jobs, what was charged. Counts go with what they count.
local function stale_places(tenant)
    local stale, over, kept = {}, now - 60000, 0
    local is_long_idle = now / 1000 - tenant[IDLE_AT] > LONG_AGO
    for rank = 0, 2 do
        local clock = tenant[IDLE_CLOCK + rank]
        if is_long_idle or clock <= state[FLOOR + rank] then
            stale[#stale + 1] = IDLE_CLOCK + rank
        else
            kept = kept + 1
        end
        if tenant[TENANT_LIVE] == 0 then stale[#stale + 1] = CHARGED + rank end
    end
    if kept == 0 then stale[#stale + 1] = IDLE_AT end
    for _, place in ipairs({ REQUEST_CLOCK, TOKEN_CLOCK, PROMISED }) do
        if tenant[place] < over then stale[#stale + 1] = place end
    end
    return stale
end
local function sweep_tenant(name, text)
    local tenant, changes = tenants[name] or { struct.unpack(TENANT_FORMAT, text) }, false
    for _, place in ipairs(stale_places(tenant)) do
        if tenant[place] ~= 0 then
            tenant[place] = 0
            changes = true
        end
    end
    for place = 1, TENANT_COUNT do
        if tenant[place] ~= 0 then
            if changes and not tenants[name] then
                redis.call('HSET', TENANTS, name, struct.pack(TENANT_FORMAT, unpack(tenant, 1, TENANT_COUNT)))
            end
            return
        end
    end
    forget_record(TENANTS, name)
end

-- That a lease was given to others.
local function sweep_lease(field, value)
    if field:sub(1, 2) == 'l~' and tonumber(value) < now - 3600000 then redis.call('HDEL', LEASES, field) end
end

-- A tenant takes longer to look at than a note.
local SWEEPS = { { TENANTS, sweep_tenant, 20 }, { LEASES, sweep_lease, 50 } }
local function sweep()
    local turn, cursor = (redis.call('HGET', TICK, 'sweep') or '1:0'):match('^(%d):(%d+)$')
    local key, sweep_one, count = unpack(SWEEPS[tonumber(turn)])
    local reply = redis.call('HSCAN', key, cursor, 'COUNT', count)
    for at = 1, #reply[2], 2 do sweep_one(reply[2][at], reply[2][at + 1]) end
    if reply[1] == '0' then turn = turn % #SWEEPS + 1 end
    redis.call('HSET', TICK, 'sweep', string.format('%d:%s', turn, reply[1]))
    for _, class in ipairs(CLASS_ORDER) do
        if state[FLOOR + RANK[class]] > FAR then rebase(class) end
    end
    if state[SERVED_CLOCK] > FAR then rebase_classes() end
end
