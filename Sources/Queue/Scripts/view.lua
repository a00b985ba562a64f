-- What operators and the autoscaler see of a pool's targets and limits.
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

local function list_targets(pool)
    local found = {}
    for at, target in ipairs(pool[POOL_TARGETS]) do
        local name, moment = target_state(target)
        local record = target[TARGET_RECORD]
        found[at] = { name = target[NAME], state = name, moment = moment, running = record[RUNNING],
            cap = cap_of(target), samples = record[TIMES], p10 = record[Q10], p50 = record[Q50], p95 = record[Q95] }
    end
    return found
end

-- `per_call` is what a call took on average, in the last minute or, when there was none, ever; 0 where nobody knows.
local function list_limits(group, before)
    local found, name, used = {}, group[NAME], group[RECORD]
    local calls = used[USED + 1] - (before['r~' .. name] or 0)
    for dimension, letter in ipairs(DIMENSION_LETTERS) do
        local limit_now, is_learned = limit_of(group, dimension)
        if limit_now > 0 then
            local lately = used[USED + dimension] - (before[letter .. '~' .. name] or 0)
            local per_call = calls > 0 and lately / calls
                or used[USED + 1] > 0 and used[USED + dimension] / used[USED + 1] or 0
            found[#found + 1] = { dimension = letter, limit = limit_now, learned = is_learned, per_call = per_call,
                use = before.at and lately * 60000 / math.max(1000, now - before.at) / limit_now or 0 }
        end
    end
    return found
end

local function list_groups(pool)
    local oldest = redis.call('LINDEX', USAGE, 0)
    local before, found = oldest and cjson.decode(oldest) or {}, {}
    for _, group in ipairs(pool[POOL_GROUPS]) do
        local name, limits = group[NAME], list_limits(group, before)
        -- A target without a group has one of its own, for what its provider tells.
        if name:sub(1, 1) ~= '@' or #limits > 0 then
            found[#found + 1] = { name = name, running = group[RECORD][RUNNING], cap = group[CAP],
                limits = limits,
                today = group[DAY_CAP] > 0 and math.max(0, group[DAY_CAP] - requests_today(group)) or -1 }
        end
    end
    return found
end
