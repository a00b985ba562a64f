-- forget_feed: batch. Its cursor goes; its number stays until its last line is gone.
local number = redis.call('HGET', FEEDS, 'i~' .. ARGV[1])
if not number then return 0 end
redis.call('HDEL', FEEDS, 'c~' .. number)
if tonumber(redis.call('HGET', FEEDS, 'n~' .. number) or '0') <= 0 then
    redis.call('HDEL', FEEDS, 'n~' .. number, 'z~' .. number, 'b~' .. number, 'm~' .. number, 'i~' .. ARGV[1])
end
return 1
