-- Whether a target may be called now. GCRA with debt: a call may start when the bucket is not empty and is charged in
-- full, so a large job is not passed by small ones for ever, and what comes after it waits for its tokens.
local BURST_MS = 1000

-- A gate's wait in milliseconds and its name; 0 when it is open.
local function rate_wait(field, interval)
    if interval == 0 then return 0 end
    return math.max(0, tonumber(redis.call('HGET', LIMITS, field) or '0') - BURST_MS - now)
end

local function worse(wait, reason, other, name)
    if other > wait then return other, name end
    return wait, reason
end

local function slot_wait(field, cap)
    if cap == 0 or tonumber(redis.call('HGET', SLOTS, field) or '0') < cap then return 0 end
    return NEVER
end

local function group_wait(group)
    local name, wait, reason = group.n, 0, nil
    wait, reason = worse(wait, reason, slot_wait('g~' .. name, group.c), 'slots')
    wait, reason = worse(wait, reason, rate_wait(name .. '~r', group.r), 'requests')
    wait, reason = worse(wait, reason, rate_wait(name .. '~t', group.t), 'tokens')
    wait, reason = worse(wait, reason, rate_wait(name .. '~i', group.i), 'tokens')
    return worse(wait, reason, rate_wait(name .. '~o', group.o), 'tokens')
end

-- The least wait over all targets: target, wait, reason. Of several that are free, the one with the fewest calls.
local function choose_target(pool)
    local best, best_wait, best_reason, fewest = nil, NEVER, 'slots', nil
    for _, target in ipairs(pool.targets) do
        local blocked = tonumber(redis.call('HGET', LIMITS, 'b~' .. target.n) or '0')
        local wait, reason = worse(0, nil, blocked - now, 'provider_blocked')
        wait, reason = worse(wait, reason, slot_wait('t~' .. target.n, target.c), 'slots')
        for _, name in ipairs(target.g) do
            local other, cause = group_wait(pool.groups[name])
            wait, reason = worse(wait, reason, other, cause)
        end
        local running = tonumber(redis.call('HGET', SLOTS, 't~' .. target.n) or '0')
        if wait < best_wait or best == nil or (wait == best_wait and running < fewest) then
            best, best_wait, best_reason, fewest = target, wait, reason, running
        end
    end
    return best, best_wait, best_reason
end
