-- fleet_publish: a plan, milliseconds that it is kept, fleets to wake.
redis.call('SET', PLAN, ARGV[1], 'PX', ARGV[2])
local fleets = tonumber(ARGV[3])
for _ = 1, fleets do redis.call('LPUSH', BELL, '1') end
-- Rings that nobody heard are no use later.
if fleets > 0 then redis.call('LTRIM', BELL, '0', fleets - 1) end
return 1
