-- Leases: `rid` → record, `e~name` → rid, `x~rid` cancelled, `o~rid` taken from a silent worker, `l~rid` given to others
-- since, which is known for an hour.
-- groups: what was reserved per limit group, as name~ms per request~per token~per input token~per output token.
-- rates: weight of an input token:of an output token:of the class. The model comes last, as it may hold any character.
local LEASE_FIELDS = { 'token', 'name', 'flow', 'target', 'groups', 'raw', 'input', 'output', 'taken', 'rates' }
local function write_lease(rid, lease)
    local parts = {}
    for at, field in ipairs(LEASE_FIELDS) do parts[at] = tostring(lease[field]) end
    parts[#parts + 1] = lease.model
    leases:set(rid, table.concat(parts, '|'))
    leases:set('e~' .. lease.name, rid)
end
local function read_lease(rid)
    local text = leases:text(rid)
    if not text then return nil end
    local lease, at = { rid = rid }, 1
    for index, field in ipairs(LEASE_FIELDS) do
        local stop = text:find('|', at, true)
        lease[field] = text:sub(at, stop - 1)
        at = stop + 1
    end
    lease.model = text:sub(at)
    for _, field in ipairs({ 'raw', 'input', 'output', 'taken' }) do lease[field] = tonumber(lease[field]) end
    lease.tenant = lease.flow:sub(3)
    return lease
end
-- The lease that this token holds, or nil.
local function held_lease(rid, token)
    local lease = read_lease(rid)
    if lease and lease.token == token then return lease end
    return nil
end

-- Whether a lease that is not there was ended by its holder: nobody gave it to others, nor is it from before the queue.
local function was_ended_by_holder(rid)
    if leases:text(rid) or leases:text('l~' .. rid) then return false end
    return tonumber(rid:match('^(%d+)') or '0') >= tonumber(redis.call('HGET', TICK, 'began') or '0')
end

local function each_group(groups, visit)
    for name, request, token, input, output in groups:gmatch('([^~,]+)~([^~,]+)~([^~,]+)~([^~,]+)~([^~,]+)') do
        visit(name, tonumber(request), tonumber(token), tonumber(input), tonumber(output))
    end
end

-- What a lease cost in fairness, by its own rates.
local function cost_of(lease, input, output)
    local per_input, per_output = lease.rates:match('^(%d+):(%d+):')
    return input * tonumber(per_input) + output * tonumber(per_output)
end

-- Moves the clocks of tenant and class, and what was counted as served.
local function charge_flow(lease, cost, tokens)
    local tenant = lease.tenant
    fetch_tenant(tenant)
    charge(lease.flow, cost)
    classes:add('v:' .. lease.flow:sub(1, 1), cost / tonumber(lease.rates:match(':(%d+)$')))
    charge_rates(tenant, 0, tokens)
    tenants:add('s~' .. lease.flow, cost)
    classes:add('tokens', tokens)
end

-- Settles a reservation by what was really used; `sent` false gives all of it back.
local function settle_limits(lease, input, output, sent)
    each_group(lease.groups, function(name, per_request, per_token, per_input, per_output)
        local used = input + output - lease.input - lease.output
        if not sent then
            move_clock(gates, 'r~' .. name, -per_request)
            gates:add('u~r~' .. name, -1)
            local day, count = (gates:text('d~' .. name) or ''):match('^(%d+):(%d+)$')
            if day then gates:set('d~' .. name, day .. ':' .. math.max(0, count - 1)) end
        end
        move_clock(gates, 't~' .. name, used * per_token)
        move_clock(gates, 'i~' .. name, (input - lease.input) * per_input)
        move_clock(gates, 'o~' .. name, (output - lease.output) * per_output)
        gates:add('u~t~' .. name, used)
        gates:add('u~i~' .. name, input - lease.input)
        gates:add('u~o~' .. name, output - lease.output)
    end)
end

-- Where a refusal blocks: the limit groups of the target, and the target itself.
local function each_scope(lease, visit)
    visit('t~' .. lease.target)
    each_group(lease.groups, function(name) visit('g~' .. name) end)
end

-- Frees the slots of a lease and removes it. Slots are counted and freed only together with their lease, so the count
-- is the number of leases. A probe that told nothing is due again.
local function drop_lease(lease)
    gates:add('n~t~' .. lease.target, -1)
    each_group(lease.groups, function(name) gates:add('n~g~' .. name, -1) end)
    each_scope(lease, function(scope)
        if gates:text('p~' .. scope) == lease.rid then gates:set('p~' .. scope, 'due') end
    end)
    local running = running_of(lease.tenant) - 1
    tenants:set('n~' .. lease.tenant, running > 0 and running)
    for _, field in ipairs({ lease.rid, 'e~' .. lease.name, 'x~' .. lease.rid, 'o~' .. lease.rid }) do
        leases:set(field, nil)
    end
    redis.call('XACK', READY, GROUP, lease.rid)
    redis.call('XDEL', READY, lease.rid)
    let_go(lease.tenant)
end

local function ensure_group()
    if redis.call('EXISTS', READY) == 0 then
        redis.call('XGROUP', 'CREATE', READY, GROUP, '0', 'MKSTREAM')
        -- By the clock of the entries' ids, which may differ from `now`.
        local time = redis.call('TIME')
        redis.call('HSET', TICK, 'began', string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)))
    end
end
