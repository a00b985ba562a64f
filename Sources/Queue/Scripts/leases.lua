-- Leases: `rid` → record, `e~name` → rid, `l~rid` given to others since, which is known for an hour. The record:
-- whether it was cancelled, whether it was taken from a silent worker; token, job, flow, target and model with 2 bytes
-- of length before each; tokens of the job's estimate, input and output that were reserved, the moment it was taken;
-- the weights of an input token, an output token and the class; the job's shape key, the length of its record, its live
-- tokens, whether it was tried before; then per limit group its name and what was reserved there: ms per request,
-- token, input token and output token.
local LEASE_FORMAT, LEASE_GROUP_FORMAT = '<BBHc0Hc0Hc0Hc0Hc0dddddddc4ddB', '<Hc0dddd'
local CANCELLED, ORPHANED, TOKEN, JOB, FLOW, TARGET, MODEL = 1, 2, 3, 4, 5, 6, 7
local RAW, INPUT, OUTPUT, TAKEN_AT, INPUT_WEIGHT, OUTPUT_WEIGHT, WEIGHT_OF_CLASS = 8, 9, 10, 11, 12, 13, 14
local SHAPE, BYTES, MEANT, TRIED, GROUPS_AT = 15, 16, 17, 18, 19
-- Behind it where the lease is read: its id and text, and from `open_scopes` its groups and the record of its target.
local RID, TEXT, LEASE_GROUPS, LEASE_TARGET = 20, 21, 22, 23
local function read_lease(rid)
    local text = text_of(LEASES, rid)
    if not text then return nil end
    local lease = { struct.unpack(LEASE_FORMAT, text) }
    lease[RID], lease[TEXT] = rid, text
    return lease
end
-- The lease that this token holds, or nil.
local function held_lease(rid, token)
    local lease = read_lease(rid)
    if lease and lease[TOKEN] == token then return lease end
    return nil
end
-- Marks it as cancelled (the first byte) or as taken from a silent worker (the second).
local function mark_lease(rid, place)
    local text = redis.call('HGET', LEASES, rid)
    if text then redis.call('HSET', LEASES, rid, text:sub(1, place - 1) .. '\1' .. text:sub(place + 1)) end
end

-- A job that runs has another shape from now on.
local SHAPE_BEFORE_GROUPS = 21
local function set_leased_shape(rid, key)
    local lease = read_lease(rid)
    local at = lease[GROUPS_AT] - SHAPE_BEFORE_GROUPS
    redis.call('HSET', LEASES, rid, lease[TEXT]:sub(1, at - 1) .. key .. lease[TEXT]:sub(at + 4))
end

-- Whether a lease that is not there was ended by its holder: nobody gave it to others, nor is it from before the queue.
local function was_ended_by_holder(rid)
    if redis.call('HEXISTS', LEASES, rid) == 1 or redis.call('HEXISTS', LEASES, 'l~' .. rid) == 1 then return false end
    return tonumber(rid:match('^(%d+)') or '0') >= tonumber(redis.call('HGET', TICK, 'began') or '0')
end

-- Reads the records of all targets and limit groups of leases at once. A group becomes a list: its name, ms per unit of
-- each dimension, its record.
local LEASE_MS, LEASE_RECORD = 1, 6
local function open_scopes(leases)
    local fields = {}
    for _, lease in ipairs(leases) do
        local text, at, own = lease[TEXT], lease[GROUPS_AT], {}
        fields[#fields + 1] = 't~' .. lease[TARGET]
        while at <= #text do
            local group = { struct.unpack(LEASE_GROUP_FORMAT, text, at) }
            at = group[6]
            own[#own + 1], fields[#fields + 1] = group, 'g~' .. group[1]
        end
        lease[LEASE_GROUPS] = own
    end
    read_ahead(GATES, fields)
    for _, lease in ipairs(leases) do
        lease[LEASE_TARGET] = target_of(lease[TARGET])
        for _, group in ipairs(lease[LEASE_GROUPS]) do group[LEASE_RECORD] = group_of(group[1]) end
    end
end

-- Corrects what was charged for a lease, by tokens more or less: clocks of tenant and class, and what was served.
local function correct_charge(lease, input, output)
    local class, owner = class_of(lease[FLOW]), owner_of(lease[FLOW])
    local tenant, rank = tenant_of(owner), RANK[class]
    local cost = input * lease[INPUT_WEIGHT] + output * lease[OUTPUT_WEIGHT]
    charge(class, owner, cost)
    charge_rates(owner, 0, input + output)
    state[CLASS_CLOCK + rank] = state[CLASS_CLOCK + rank] + round(cost * 1000 / lease[WEIGHT_OF_CLASS])
    state[TAKEN_TOKENS] = state[TAKEN_TOKENS] + input + output
    tenant[CHARGED + rank] = tenant[CHARGED + rank] + cost
end

-- Corrects what was reserved at the limit groups, by requests and tokens more or less.
local function settle_limits(lease, requests, input, output)
    local amounts = { requests, input + output, input, output }
    for place = 1, #lease[LEASE_GROUPS] do
        local group = lease[LEASE_GROUPS][place]
        local record = group[LEASE_RECORD]
        for dimension = 1, 4 do
            local amount = amounts[dimension]
            if amount ~= 0 then
                record[CLOCK + dimension] = moved(record[CLOCK + dimension], amount * group[LEASE_MS + dimension])
                record[USED + dimension] = record[USED + dimension] + amount
            end
        end
        record[DAY_REQUESTS] = math.max(0, record[DAY_REQUESTS] + requests)
    end
end

-- Frees the slots of a lease. Slots are counted and freed only together with their lease, so the count is the number of
-- leases. A probe that told nothing is due again.
local function free_slots(lease)
    local rid, target = lease[RID], lease[LEASE_TARGET]
    target[RUNNING] = target[RUNNING] - 1
    if target[TARGET_PROBE] == rid then target[TARGET_PROBE] = 'due' end
    for _, group in ipairs(lease[LEASE_GROUPS]) do
        local record = group[LEASE_RECORD]
        record[RUNNING] = record[RUNNING] - 1
        if record[GROUP_PROBE] == rid then record[GROUP_PROBE] = 'due' end
    end
    local tenant = tenant_of(owner_of(lease[FLOW]))
    tenant[RUNNING] = math.max(0, tenant[RUNNING] - 1)
end

-- Removes leases whose slots are free, and brings back tenants that waited for one of their own.
local function remove_leases(leases)
    if not leases[1] then return end
    local rids, fields, owners = {}, {}, {}
    for place, lease in ipairs(leases) do
        rids[place], owners[place] = lease[RID], owner_of(lease[FLOW])
        fields[place * 2 - 1], fields[place * 2] = lease[RID], 'e~' .. lease[JOB]
    end
    redis.call('HDEL', LEASES, unpack(fields))
    redis.call('XACK', READY, GROUP, unpack(rids))
    redis.call('XDEL', READY, unpack(rids))
    let_go(owners)
end
local function drop_lease(lease)
    free_slots(lease)
    remove_leases({ lease })
end
