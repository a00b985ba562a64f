-- fleet_claim: fleet, its claim, workers that it claims ('' gives the claim up), version of the claims that it knows.
-- Returns 1, or 0 when other claims changed since then: nobody claims more than is left of a plan.
local time = redis.call('TIME')
local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
local fleet, claim, count = ARGV[1], ARGV[2], ARGV[3]
if count == '' then
    if redis.call('HDEL', FLEETS, fleet) == 1 then redis.call('HINCRBY', FLEETS, 'version', '1') end
    return 1
end
local known = (redis.call('HGET', FLEETS, fleet) or ''):match('^%d+ (%d+) ')
if known ~= count then
    if (redis.call('HGET', FLEETS, 'version') or '0') ~= ARGV[4] then return 0 end
    redis.call('HINCRBY', FLEETS, 'version', '1')
end
redis.call('HSET', FLEETS, fleet, now .. ' ' .. count .. ' ' .. claim)
return 1
