-- feed: batch, cursor expected ('' for none), cursor after, then per line: key, estimate, meta, body.
-- The cursor moves with the lines it stands for, so no line is fed twice in one epoch.
local batch, from, to = ARGV[1], ARGV[2], ARGV[3]
if (redis.call('HGET', FEEDS, 'c~' .. batch) or '') ~= from then return 0 end
local lines = 0
for at = 4, #ARGV, 4 do
    add('', batch, ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3])
    lines = lines + 1
end
redis.call('HSET', FEEDS, 'c~' .. batch, to)
redis.call('HINCRBY', FEEDS, 'n~' .. batch, lines)
if lines > 0 then ring() end
return 1
