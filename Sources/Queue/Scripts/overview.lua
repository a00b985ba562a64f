-- overview: the pool's settings, most tenants per class. Everything an operator asks about a pool, as JSON.
local pool, limit = open_pool(ARGV[1]), tonumber(ARGV[2])

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
    tokens = state[TAKEN_TOKENS], targets = list_targets(pool), groups = list_groups(pool), tenants = list_tenants(),
})
