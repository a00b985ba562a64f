-- load: the pool's settings, then milliseconds in rising order. What the autoscaler asks about a pool, as JSON. `due`
-- counts what waits and has a deadline within each of the milliseconds; of many flows only the most urgent are counted.
local pool, MOST_FLOWS = open_pool(ARGV[1]), 200

-- What waits and is held back by its tenants' own bounds, and by pauses of tenants. Of very many, some stand for all.
local function count_held()
    local flows, held, paused = redis.call('ZRANGE', PARKED, 0, MOST_FLOWS - 1), 0, 0
    for _, flow in ipairs(flows) do
        local count = redis.call('ZLEXCOUNT', BACKLOG, '[' .. flow .. ':', '(' .. flow .. ';')
        local _, reason = tenant_wait(owner_of(flow))
        if reason == 'paused' then paused = paused + count else held = held + count end
    end
    local share = redis.call('ZCARD', PARKED) / math.max(1, #flows)
    return math.floor(held * share), math.floor(paused * share)
end

local function count_due()
    local due, most = {}, tonumber(ARGV[#ARGV])
    local flows = redis.call('ZRANGEBYSCORE', DUE, '-inf', whole(now + most), 'LIMIT', 0, MOST_FLOWS)
    for at = 2, #ARGV do due[at - 1] = 0 end
    for _, flow in ipairs(flows) do
        if not redis.call('ZSCORE', PARKED, flow) then
            for at = 2, #ARGV do
                local till = struct.pack('>I6', now + tonumber(ARGV[at]))
                due[at - 1] = due[at - 1]
                    + redis.call('ZLEXCOUNT', BACKLOG, '[' .. flow .. ':', '(' .. flow .. ':' .. till)
            end
        end
    end
    return due
end

local held, paused = count_held()
local jobs = state[POOL_LIVE]
return cjson.encode({
    at = now, paused = state[POOL_PAUSED] > 0, waiting = redis.call('ZCARD', BACKLOG), held = held,
    held_by_pauses = paused, running = redis.call('EXISTS', READY) == 1 and redis.call('XPENDING', READY, GROUP)[1] or 0,
    delayed = redis.call('ZCARD', DELAYED), jobs = state[TAKEN_JOBS], spooled = state[SPOOLED], due = count_due(),
    tokens = jobs > 0 and state[POOL_LIVE + 2] / jobs or 0, targets = list_targets(pool), groups = list_groups(pool),
})
