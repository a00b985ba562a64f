-- What a call's answer does to the limits that everybody sees.

-- Nobody calls for so long; then one call tries.
local function refuse(scope, milliseconds)
    gates:set('b~' .. scope, math.max(now + milliseconds, gates:number('b~' .. scope)))
    gates:set('p~' .. scope, 'due')
end

-- Adaptive concurrency (AIMD): up by one per answer until the first cut, then by one per window; down by half, once per
-- flight: refusals of calls that began before the last cut say nothing new. A window that is not used does not grow.
local function adapt(lease, verdict, first_byte)
    local target = lease.target
    local field, window = 'w~' .. target, gates:number('w~' .. target)
    if window == 0 then return end
    local threshold, cut_at = gates:text('h~' .. target), gates:number('k~' .. target)
    local function cut(factor)
        if lease.taken <= cut_at then return end
        window = math.max(1, window * factor)
        gates:set(field, window)
        gates:set('h~' .. target, window)
        gates:set('k~' .. target, now)
    end
    if verdict == 'limited' or verdict == 'overloaded' then return cut(0.5) end
    if verdict ~= 'answered' then return end
    local usual = gates:text('f~' .. target)
    if usual and first_byte >= 0 then
        usual = tonumber(usual)
        -- The fastest lately: it follows down at once and up by a hundredth.
        local base = (usual == 0 or first_byte < usual) and first_byte or usual * 0.99 + first_byte * 0.01
        gates:set('f~' .. target, base)
        if usual > 0 and first_byte > usual * 2 + 10 then return cut(0.8) end
    end
    if gates:number('n~t~' .. target) < math.floor(window) then return end
    local grown = (not threshold or window < tonumber(threshold)) and window + 1 or window + 1 / window
    gates:set(field, grown)
end

-- The provider's own count is the truth. A limit that it names holds where it is lower than ours. Little left means
-- that the next call starts when a tenth is there again, or when all is whole again if that comes sooner.
local RESERVE = 0.1
local function tighten(lease, signals)
    if signals == '' then return end
    local places = {}
    each_group(lease.groups, function(name, request, token, input, output)
        local intervals = { r = request, t = token, i = input, o = output }
        for dimension, interval in pairs(intervals) do
            -- A dimension that no group limits by settings is the first group's.
            if interval > 0 or not places[dimension] then
                places[dimension] = places[dimension] and places[dimension].interval > 0 and places[dimension]
                    or { name = name, interval = interval }
            end
        end
    end)
    for dimension, limit, remaining, reset in signals:gmatch('(%a):([%d-]+):([%d-]+):([%d-]+)') do
        local place = places[dimension]
        limit, remaining, reset = tonumber(limit), tonumber(remaining), tonumber(reset)
        -- A limit of nothing would be waited for without end.
        if limit == 0 then limit = nil end
        if place and limit then
            gates:set('L~' .. dimension .. '~' .. place.name, string.format('%.0f:%.0f', limit, now))
        end
        if place and remaining then
            limit = limit or (place.interval > 0 and BUCKET_MS / place.interval)
            local lacking = limit and math.max(limit * RESERVE, dimension == 'r' and 1 or 0) - remaining or 0
            if lacking > 0 then
                local wait = lacking * 60000 / limit
                if reset and reset < wait then wait = reset end
                local field = dimension .. '~' .. place.name
                gates:set(field, math.max(gates:number(field), now + wait + BURST_MS))
            end
        end
    end
end
