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

local shapes_used = {}
local function used_shape(place)
    local shape = shapes_used[place]
    if not shape then
        local text = ARGV[FIRST + place]
        local class, tenant, deadline = struct.unpack(SHAPE_FORMAT, text)
        shape = { key = shape_key(text), class = class, tenant = tenant, deadline = deadline, lines = 0, bytes = 0,
            tokens = 0 }
        shapes_used[place] = shape
    end
    return shape
end
local last = tonumber(redis.call('HGET', FEEDS, 'm~' .. number) or '0')
for at = FIRST + SHAPES_AT, #ARGV, 3 do
    local name, shape, rest_of_record = line_name(number, ARGV[at]), used_shape(tonumber(ARGV[at + 1])), ARGV[at + 2]
    last = math.max(last, tonumber(ARGV[at]))
    if redis.call('HSETNX', JOBS, name, shape.key .. rest_of_record) == 1 then
        local deadline, tokens = tokens_in(rest_of_record)
        wait_again(name, shape.class, shape.tenant, deadline > 0 and deadline or shape.deadline)
        shape.lines, shape.bytes = shape.lines + 1, shape.bytes + 4 + #rest_of_record
        shape.tokens = shape.tokens + tokens
    end
end
redis.call('HSET', FEEDS, 'c~' .. number, to, 'm~' .. number, whole(last))
local lines = 0
for _, shape in pairs(shapes_used) do
    count_shape(shape.key, shape.lines)
    count_live(shape.tenant, shape.lines, shape.bytes, shape.tokens)
    lines = lines + shape.lines
end
redis.call('HINCRBY', FEEDS, 'n~' .. number, lines)
ring_for(lines)
commit()
return 1
