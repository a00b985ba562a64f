-- fleet_report: a worker's name, what it says of itself. The moment stands in front of it.
local time = redis.call('TIME')
local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', WORKERS, ARGV[1], now .. ' ' .. ARGV[2])
return 1
