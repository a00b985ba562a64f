-- fleet_look: milliseconds that a report lives, milliseconds that a claim lives. Everything about a set of workers;
-- what fell silent is forgotten. Returns {now, plan or '', version of the claims, claims, reports}; of a claim the text
-- behind its moment and count, of a report the text behind its moment.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- The texts of a hash that are younger than `life`, and how many were older.
local function living(key, life, skip)
    local found, silent = {}, {}
    local names = redis.call('HKEYS', key)
    for at = 1, #names, 500 do
        local some = { unpack(names, at, math.min(at + 499, #names)) }
        for place, text in ipairs(redis.call('HMGET', key, unpack(some))) do
            local moment, rest = (text or ''):match(skip)
            if some[place] ~= 'version' then
                local age = moment and now - tonumber(moment)
                if age and age <= life and age >= -life then
                    found[#found + 1] = rest
                else
                    silent[#silent + 1] = some[place]
                end
            end
        end
    end
    for at = 1, #silent, 500 do redis.call('HDEL', key, unpack(silent, at, math.min(at + 499, #silent))) end
    return found, #silent
end

local reports = living(WORKERS, tonumber(ARGV[1]), '^(%d+) (.*)$')
local claims, gone = living(FLEETS, tonumber(ARGV[2]), '^(%d+) %d+ (.*)$')
if gone > 0 then redis.call('HINCRBY', FLEETS, 'version', '1') end
local version = redis.call('HGET', FLEETS, 'version') or '0'
return { string.format('%d', now), redis.call('GET', PLAN) or '', version, claims, reports }
