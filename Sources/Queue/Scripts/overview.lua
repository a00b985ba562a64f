-- overview: pool as JSON, most tenants per class. Everything an operator asks about a pool, as JSON.
local pool, limit = cjson.decode(ARGV[1]), tonumber(ARGV[2])

local function target_state(target)
    local name = target.n
    if gates:text('z~' .. name) then return 'paused', 0 end
    if gates:text('x~' .. name) then return 'stopped', gates:number('x~' .. name) end
    local till, is_probing = gates:number('b~t~' .. name), gates:text('p~t~' .. name) ~= nil
    for _, group in ipairs(target.g) do
        till = math.max(till, gates:number('b~g~' .. group))
        is_probing = is_probing or gates:text('p~g~' .. group) ~= nil
    end
    if till > now then return 'blocked', till end
    return is_probing and 'probing' or 'available', 0
end

local function list_targets()
    local found = {}
    for at, target in ipairs(pool.targets) do
        local state, moment = target_state(target)
        found[at] = { name = target.n, state = state, moment = moment, running = gates:number('n~t~' .. target.n),
            cap = cap_of(know_target(target)) }
    end
    return found
end

local function list_limits(group, before)
    local found = {}
    for _, dimension in ipairs(DIMENSIONS) do
        local limit_now, is_learned = limit_of(group, dimension)
        if limit_now then
            local field = dimension .. '~' .. group.n
            local used = gates:number('u~' .. field) - (before[field] or 0)
            found[#found + 1] = { dimension = dimension, limit = limit_now, learned = is_learned,
                use = before.at and used * 60000 / math.max(1000, now - before.at) / limit_now or 0 }
        end
    end
    return found
end

local function list_groups()
    local oldest = redis.call('LINDEX', USAGE, 0)
    local before, found = oldest and cjson.decode(oldest) or {}, {}
    for name, group in pairs(pool.groups) do
        local limits = list_limits(group, before)
        -- A target without a group has one of its own, for what its provider tells.
        if name:sub(1, 1) ~= '@' or #limits > 0 then
            found[#found + 1] = { name = name, running = gates:number('n~g~' .. name), cap = group.c, limits = limits }
        end
    end
    return found
end

local function list_tenants()
    local found = {}
    local function add_flow(flow)
        local class, tenant = flow:sub(1, 1), flow:sub(3)
        local wait, reason = tenant_wait(tenant)
        found[#found + 1] = { tenant = tenant, class = class, weight = policy_of(tenant).weight,
            waiting = redis.call('ZLEXCOUNT', BACKLOG, '[' .. flow .. ':', '(' .. flow .. ';'),
            running = running_of(tenant), served = tenants:number('s~' .. flow),
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
    paused = gates:text('z') ~= nil, waiting = redis.call('ZCARD', BACKLOG), running = running,
    delayed = redis.call('ZCARD', DELAYED), flows = redis.call('ZCARD', DUE), jobs = classes:number('jobs'),
    tokens = classes:number('tokens'), targets = list_targets(), groups = list_groups(), tenants = list_tenants(),
})
