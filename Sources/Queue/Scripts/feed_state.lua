-- feed_state: batch. Returns {cursor, live lines}, or nothing when none is fed in this epoch.
local number = redis.call('HGET', FEEDS, 'i~' .. ARGV[1])
local cursor = number and redis.call('HGET', FEEDS, 'c~' .. number)
if not cursor then return {} end
return { cursor, tonumber(redis.call('HGET', FEEDS, 'n~' .. number) or '0') }
