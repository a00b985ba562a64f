-- feed: batch, cursor expected ('' for none), cursor after, most live jobs, bytes and tokens of the pool (0 for any),
-- shape, then per line: number, input, output, own, body. Returns 1, or 0 when the cursor was elsewhere.
-- The cursor moves with the lines it stands for, so no line is fed twice in one epoch.
local batch, from, to = ARGV[1], ARGV[2], ARGV[3]
local caps = { j = tonumber(ARGV[4]), b = tonumber(ARGV[5]), t = tonumber(ARGV[6]) }
local FIRST, SHAPES_AT = 8, tonumber(ARGV[7])
local number = redis.call('HGET', FEEDS, 'i~' .. batch)
if (number and redis.call('HGET', FEEDS, 'c~' .. number) or '') ~= from then return 0 end

-- Room is asked for once, with the first line: a portion is small against a cap.
local tenant = #ARGV >= FIRST + SHAPES_AT and ARGV[FIRST]:match('^%a:([^|]+)|')
if tenant and cap_reached(policy_of(tenant), caps, tenant, 0, 0) then
    return redis.error_reply('FULL a cap of the tenant or the pool is reached')
end
if not number then
    number = tostring(redis.call('HINCRBY', FEEDS, 'next', 1))
    redis.call('HSET', FEEDS, 'i~' .. batch, number, 'b~' .. number, batch)
end

local lines, bytes, tokens = 0, 0, 0
local last = tonumber(redis.call('HGET', FEEDS, 'm~' .. number) or '0')
for at = FIRST + SHAPES_AT, #ARGV, 6 do
    local name = line_name(number, ARGV[at])
    last = math.max(last, tonumber(ARGV[at]))
    if redis.call('HEXISTS', JOBS, name) == 0 then
        add(name, ARGV[FIRST + tonumber(ARGV[at + 1])], '', ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5])
        lines = lines + 1
        bytes = bytes + redis.call('HSTRLEN', JOBS, name)
        tokens = tokens + tokens_of(ARGV[at + 2], ARGV[at + 3])
    end
end
redis.call('HSET', FEEDS, 'c~' .. number, to, 'm~' .. number, last)
redis.call('HINCRBY', FEEDS, 'n~' .. number, lines)
if lines > 0 then count_live(tenant, lines, bytes, tokens) end
ring_for(lines)
commit()
return 1
