-- Records: the numbers that change with every call, of the pool, a target, a limit group or a tenant, are packed as
-- doubles into one field. A script reads each once, into a list whose places have the names below, and `commit` writes
-- back those that changed: to print, parse and store the numbers one by one was most of what a call cost.
local opened, open_count = {}, 0 -- six places each: record, key, field, text, format, count
-- Opens a record of `count` numbers; there are zeros where there is no text. Behind the numbers, at `count + 1`, is
-- what else is in the text.
local function open_record(key, field, text, format, count)
    text = text or ('\0'):rep(8 * count)
    local record, at = { struct.unpack(format, text) }, open_count * 6
    record[count + 1] = text:sub(8 * count + 1)
    opened[at + 1], opened[at + 2], opened[at + 3] = record, key, field
    opened[at + 4], opened[at + 5], opened[at + 6] = text, format, count
    open_count = open_count + 1
    return record
end
local function commit()
    local writes = {}
    for at = 0, open_count * 6 - 1, 6 do
        local record, key, field = opened[at + 1], opened[at + 2], opened[at + 3]
        local old, format, count = opened[at + 4], opened[at + 5], opened[at + 6]
        local text = record and struct.pack(format, unpack(record, 1, count)) .. record[count + 1]
        if record and text ~= old then
            opened[at + 4] = text
            local write = writes[key]
            if write then
                write[#write + 1] = field
                write[#write + 1] = text
            else
                writes[key] = { key, field, text }
            end
        end
    end
    for _, write in pairs(writes) do redis.call('HSET', unpack(write)) end
end

-- Fields that will be needed can be read many at a time before they are opened: a command costs more than what it reads.
local ahead = {}
local function read_ahead(key, fields)
    local known, missing = ahead[key] or {}, {}
    ahead[key] = known
    for place = 1, #fields do
        local field = fields[place]
        if known[field] == nil then
            known[field] = false
            missing[#missing + 1] = field
        end
    end
    if not missing[1] then return end
    local texts = redis.call('HMGET', key, unpack(missing))
    for place = 1, #missing do known[missing[place]] = texts[place] end
end
local function text_of(key, field)
    local known = ahead[key]
    local text = known and known[field]
    if text == nil then text = redis.call('HGET', key, field) end
    return text
end

-- Removes a record that holds nothing.
local function forget_record(key, field)
    redis.call('HDEL', key, field)
    for at = 0, open_count * 6 - 1, 6 do
        if opened[at + 2] == key and opened[at + 3] == field then opened[at + 1] = false end
    end
end

-- Of what there is one per class, the places follow each other.
local RANK = { i = 0, s = 1, b = 2 }

-- The pool: `p` of the gates. Virtual times of the classes; the floors of the tenants' virtual times in each class; the
-- highest virtual time of a class that was served; jobs and tokens taken so far; jobs, bytes and tokens that are live;
-- bytes of the spool; whether it is paused; when somebody asked for work lately. All virtual times are counted in
-- thousandths of a token.
local STATE_FORMAT, STATE_COUNT = '<ddddddddddddddd', 15
local CLASS_CLOCK, FLOOR, SERVED_CLOCK, TAKEN_JOBS, TAKEN_TOKENS = 1, 4, 7, 8, 9
local POOL_LIVE, SPOOLED, POOL_PAUSED, ASKED = 10, 13, 14, 15
local state = open_record(GATES, 'p', redis.call('HGET', GATES, 'p'), STATE_FORMAT, STATE_COUNT)

-- A target (`t~name` of the gates) and a limit group (`g~name`) begin alike: calls that run, until when it is blocked.
-- Behind the numbers is the probe: empty, `due`, or the lease that tries.
local RUNNING, BLOCKED = 1, 2
-- A target: of adaptive concurrency the window, the threshold of slow start, the moment of the last cut, whether the
-- first byte counts and when it usually comes; whether it is paused; since when it is stopped; of its calls how many
-- tell, and quantiles of their time. 0 stands for what is not there.
local TARGET_FORMAT, TARGET_COUNT, TARGET_PROBE = '<ddddddddddddd', 13, 14
local WINDOW, THRESHOLD, CUT_AT, FOLLOWS, USUAL, PAUSED, STOPPED = 3, 4, 5, 6, 7, 8, 9
local TIMES, Q10, Q50, Q95 = 10, 11, 12, 13
-- A limit group: per dimension its clock and what was used so far; the provider's day and its requests; whether the
-- provider told of limits.
local GROUP_FORMAT, GROUP_COUNT, GROUP_PROBE = '<ddddddddddddd', 13, 14
local CLOCK, USED, DAY, DAY_REQUESTS, IS_TOLD = 2, 6, 11, 12, 13 -- dimension 1 of the clocks is at CLOCK + 1
local targets, groups = {}, {}
local function target_of(name)
    if not targets[name] then
        local field = 't~' .. name
        targets[name] = open_record(GATES, field, text_of(GATES, field), TARGET_FORMAT, TARGET_COUNT)
    end
    return targets[name]
end
local function group_of(name)
    if not groups[name] then
        local field = 'g~' .. name
        groups[name] = open_record(GATES, field, text_of(GATES, field), GROUP_FORMAT, GROUP_COUNT)
    end
    return groups[name]
end
-- What the provider told of a limit group (`l~name`): per dimension the limit, then when it said so.
local TOLD_FORMAT, TOLD_COUNT, TOLD_LIMIT, TOLD_AT = '<dddddddd', 8, 0, 4
local told = {}
local function told_of(name)
    if not told[name] then
        told[name] = open_record(GATES, 'l~' .. name, redis.call('HGET', GATES, 'l~' .. name), TOLD_FORMAT, TOLD_COUNT)
    end
    return told[name]
end
-- What the provider's bucket of a limit group holds (`b~name`): per dimension the most that answers told since a moment,
-- the most before that, and the moment. The most is counted from 1 on; 0 is nothing told.
local BUCKET_FORMAT, BUCKET_COUNT, SEEN, SEEN_BEFORE, SEEN_SINCE = '<dddddddddddd', 12, 0, 4, 8
local buckets = {}
local function seen_of(name)
    if not buckets[name] then
        local field = 'b~' .. name
        buckets[name] = open_record(GATES, field, redis.call('HGET', GATES, field), BUCKET_FORMAT, BUCKET_COUNT)
    end
    return buckets[name]
end
-- The names of all targets (`t~`) or limit groups (`g~`) that have a record, of settings that are gone too.
local function names_of(kind)
    local names = {}
    for _, field in ipairs(redis.call('HKEYS', GATES)) do
        if field:sub(1, 2) == kind then names[#names + 1] = field:sub(3) end
    end
    return names
end

-- A tenant: calls that run; its rate clocks of requests and tokens; its live jobs, their bytes and tokens; the last
-- place promised to one who was refused; per class what it was charged, and its clock while it has nothing that may go
-- (0 when that says no more than the floor), with the second when one of these was kept.
local TENANT_FORMAT, TENANT_COUNT = '<dddddddddddddd', 14
local REQUEST_CLOCK, TOKEN_CLOCK, TENANT_LIVE, PROMISED, CHARGED, IDLE_CLOCK, IDLE_AT = 2, 3, 4, 7, 8, 11, 14
local tenants = {}
local function tenant_of(name)
    local tenant = tenants[name]
    if not tenant then
        tenant = open_record(TENANTS, name, text_of(TENANTS, name), TENANT_FORMAT, TENANT_COUNT)
        tenants[name] = tenant
    end
    return tenant
end

-- Policies as `policy` packs them: weight, cap, ms per request, ms per token, paused, caps on live jobs, bytes, tokens;
-- 0 for none.
local WEIGHT, CALL_CAP, REQUEST_MS, TOKEN_MS, IS_PAUSED, JOB_CAP, BYTE_CAP, TOKEN_CAP = 1, 2, 3, 4, 5, 6, 7, 8
local policies = {}
local function policy_of(tenant)
    local policy = policies[tenant]
    if not policy then
        local text = text_of(POLICIES, tenant)
        policy = text and { struct.unpack('<dddddddd', text) } or { 1, 0, 0, 0, 0, 0, 0, 0 }
        policies[tenant] = policy
    end
    return policy
end

-- How fast a class's virtual time runs: of the classes, one record each. Its floor when it was last seen to move and
-- the milliseconds since then; its tokens per second, once measured; whether it had a backlog.
local PACE_FORMAT, PACE_COUNT = '<ddddd', 5
local SEEN_FLOOR, PASSED, RATE, IS_MEASURED, WAS_BUSY = 1, 2, 3, 4, 5
local paces = {}
local function pace_of(class)
    if not paces[class] then
        paces[class] = open_record(CLASSES, class, redis.call('HGET', CLASSES, class), PACE_FORMAT, PACE_COUNT)
    end
    return paces[class]
end
