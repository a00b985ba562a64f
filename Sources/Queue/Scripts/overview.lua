-- overview: the pool's settings, most tenants per class. Everything an operator asks about a pool, as JSON.
local pool, limit = open_pool(ARGV[1]), tonumber(ARGV[2])

local function target_state(target)
    local record = target[TARGET_RECORD]
    if record[PAUSED] > 0 then return 'paused', 0 end
    if record[STOPPED] > 0 then return 'stopped', record[STOPPED] end
    local till, is_probing = record[BLOCKED], record[TARGET_PROBE] ~= ''
    for _, group in ipairs(target[GROUPS]) do
        till = math.max(till, group[RECORD][BLOCKED])
        is_probing = is_probing or group[RECORD][GROUP_PROBE] ~= ''
    end
    if till > now then return 'blocked', till end
    return is_probing and 'probing' or 'available', 0
end

local function list_targets()
    local found = {}
    for at, target in ipairs(pool[POOL_TARGETS]) do
        local name, moment = target_state(target)
        found[at] = { name = target[NAME], state = name, moment = moment, running = target[TARGET_RECORD][RUNNING],
            cap = cap_of(target) }
    end
    return found
end

local function list_limits(group, before)
    local found = {}
    for dimension, letter in ipairs(DIMENSION_LETTERS) do
        local limit_now, is_learned = limit_of(group, dimension)
        if limit_now > 0 then
            local used = group[RECORD][USED + dimension] - (before[letter .. '~' .. group[NAME]] or 0)
            found[#found + 1] = { dimension = letter, limit = limit_now, learned = is_learned,
                use = before.at and used * 60000 / math.max(1000, now - before.at) / limit_now or 0 }
        end
    end
    return found
end

local function list_groups()
    local oldest = redis.call('LINDEX', USAGE, 0)
    local before, found = oldest and cjson.decode(oldest) or {}, {}
    for _, group in ipairs(pool[POOL_GROUPS]) do
        local name, limits = group[NAME], list_limits(group, before)
        -- A target without a group has one of its own, for what its provider tells.
        if name:sub(1, 1) ~= '@' or #limits > 0 then
            found[#found + 1] = { name = name, running = group[RECORD][RUNNING], cap = group[CAP],
                limits = limits }
        end
    end
    return found
end

local function list_tenants()
    local found = {}
    local function add_flow(flow)
        local class, tenant = class_of(flow), owner_of(flow)
        local wait, reason = tenant_wait(tenant)
        found[#found + 1] = { tenant = tenant, class = class, weight = policy_of(tenant)[WEIGHT],
            waiting = redis.call('ZLEXCOUNT', BACKLOG, '[' .. flow .. ':', '(' .. flow .. ';'),
            running = tenant_of(tenant)[RUNNING], served = tenant_of(tenant)[CHARGED + RANK[class]],
            parked = wait > 0 and reason or nil }
    end
    for _, class in ipairs(CLASS_ORDER) do
        for _, tenant in ipairs(redis.call('ZRANGE', VT[class], 0, limit - 1)) do add_flow(class .. ':' .. tenant) end
    end
    for _, flow in ipairs(redis.call('ZRANGE', PARKED, 0, limit - 1)) do add_flow(flow) end
    return found
end

local running = redis.call('EXISTS', READY) == 1 and redis.call('XPENDING', READY, GROUP)[1] or 0
return cjson.encode({
    paused = state[POOL_PAUSED] > 0, waiting = redis.call('ZCARD', BACKLOG), running = running,
    delayed = redis.call('ZCARD', DELAYED), flows = redis.call('ZCARD', DUE), jobs = state[TAKEN_JOBS],
    tokens = state[TAKEN_TOKENS], targets = list_targets(), groups = list_groups(), tenants = list_tenants(),
})
