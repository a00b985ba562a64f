-- What is left of tenants that are gone, a little at a time, and clocks that run for months.
local LONG_AGO, FAR = 600, 1e12

-- Subtracts what all clocks of a class have in common, long before a double would lose whole tokens.
local function rebase(class)
    local floor = classes:number('f:' .. class)
    local scores = redis.call('ZRANGE', VT[class], 0, -1, 'WITHSCORES')
    for at = 1, #scores, 2 do
        redis.call('ZADD', VT[class], string.format('%.3f', tonumber(scores[at + 1]) - floor), scores[at])
    end
    local idle = redis.call('HGETALL', IDLE)
    for at = 1, #idle, 2 do
        local clock, when = idle[at + 1]:match('^([^|]+)|(.*)$')
        if idle[at]:sub(1, 1) == class then
            redis.call('HSET', IDLE, idle[at], string.format('%.3f|', tonumber(clock) - floor) .. when)
        end
    end
    classes:set('f:' .. class, 0)
    classes:set('vf:' .. class, 0)
end
local function rebase_classes()
    local floor = classes:number('floor')
    for _, class in ipairs(CLASS_ORDER) do classes:set('v:' .. class, classes:number('v:' .. class) - floor) end
    classes:set('floor', 0)
end

local function is_stale_idle(flow, value)
    local clock, when = value:match('^([^|]+)|(.*)$')
    return tonumber(clock) <= classes:number('f:' .. flow:sub(1, 1)) or now / 1000 - tonumber(when) > LONG_AGO
end
-- Rate clocks and promises that are over, and what was served of those who have nothing live. Counts go with what they
-- count.
local function is_stale_number(field, value)
    local kind = field:sub(1, 2)
    if kind == 's~' then return not tenants:text('l~' .. field:sub(5)) end
    return (kind == 'r~' or kind == 't~' or kind == 'p~') and tonumber(value) < now - 60000
end

-- That a lease was given to others.
local function is_stale_loss(field, value)
    return field:sub(1, 2) == 'l~' and tonumber(value) < now - 3600000
end

local SWEEPS = { { IDLE, is_stale_idle }, { TENANTS, is_stale_number }, { LEASES, is_stale_loss } }
local function sweep()
    local turn, cursor = (redis.call('HGET', TICK, 'sweep') or '1:0'):match('^(%d):(%d+)$')
    local key, is_stale = unpack(SWEEPS[tonumber(turn)])
    local reply = redis.call('HSCAN', key, cursor, 'COUNT', 50)
    local gone = {}
    for at = 1, #reply[2], 2 do
        if is_stale(reply[2][at], reply[2][at + 1]) then gone[#gone + 1] = reply[2][at] end
    end
    if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
    if reply[1] == '0' then turn = turn % #SWEEPS + 1 end
    redis.call('HSET', TICK, 'sweep', string.format('%d:%s', turn, reply[1]))
    for _, class in ipairs(CLASS_ORDER) do
        if classes:number('f:' .. class) > FAR then rebase(class) end
    end
    if classes:number('floor') > FAR then rebase_classes() end
end
