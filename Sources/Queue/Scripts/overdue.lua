-- overdue: limit. Moves what waits past its deadline aside and returns it, the same again until it is removed: the
-- ledger decides first. Costs what it finds.
local limit = tonumber(ARGV[1])
local moved = 0
for _, flow in ipairs(redis.call('ZRANGEBYSCORE', DUE, '-inf', whole(now), 'LIMIT', 0, limit)) do
    for _, member in ipairs(heads(flow, limit - moved)) do
        if deadline_in(member, flow) > now then break end
        redis.call('ZREM', BACKLOG, member)
        redis.call('ZADD', OVERDUE, whole(now), name_in(member, flow))
        moved = moved + 1
    end
    refresh(flow)
    if moved >= limit then break end
end
local found = {}
for _, name in ipairs(redis.call('ZRANGE', OVERDUE, 0, limit - 1)) do
    local job = load(name)
    if job then found[#found + 1] = describe(job) else redis.call('ZREM', OVERDUE, name) end
end
commit()
return found
