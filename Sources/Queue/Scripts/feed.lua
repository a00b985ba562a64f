-- feed: batch, cursor expected ('' for none), cursor after, most live jobs, bytes and tokens of the pool (0 for any),
-- how many shapes follow, the shapes, then per line: number, place of its shape from 0, its record without the shape's
-- key. Returns 1, or 0 when the cursor was elsewhere.
-- The cursor moves with the lines it stands for, so no line is fed twice in one epoch.
local batch, from, to = ARGV[1], ARGV[2], ARGV[3]
local caps = { tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]) }
local FIRST, SHAPES_AT = 8, tonumber(ARGV[7])
local number = redis.call('HGET', FEEDS, 'i~' .. batch)
if (number and redis.call('HGET', FEEDS, 'c~' .. number) or '') ~= from then return 0 end

-- Room is asked for once, with the first line: a portion is small against a cap.
if SHAPES_AT > 0 then
    local _, tenant = struct.unpack(SHAPE_FORMAT, ARGV[FIRST])
    if cap_reached(policy_of(tenant), caps, 1, tenant, 0, 0) then
        return redis.error_reply('FULL a cap of the tenant or the pool is reached')
    end
end
if not number then
    number = tostring(redis.call('HINCRBY', FEEDS, 'next', 1))
    redis.call('HSET', FEEDS, 'i~' .. batch, number, 'b~' .. number, batch)
end

local texts = {}
for at = FIRST, FIRST + SHAPES_AT - 1 do texts[#texts + 1] = ARGV[at] end
open_shapes(texts)
local last = tonumber(redis.call('HGET', FEEDS, 'm~' .. number) or '0')
for at = FIRST + SHAPES_AT, #ARGV, 3 do
    add(line_name(number, ARGV[at]), texts[ARGV[at + 1] + 1], ARGV[at + 2])
    last = math.max(last, tonumber(ARGV[at]))
end
redis.call('HSET', FEEDS, 'c~' .. number, to, 'm~' .. number, whole(last))
redis.call('HINCRBY', FEEDS, 'n~' .. number, whole(finish_adding()))
commit()
return 1
