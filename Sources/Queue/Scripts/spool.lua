-- spool: rid, token, whether the job has ended 0/1, record, the most bytes that may wait. Keeps the outcome of a held
-- lease; settle or retry then ends the lease. Returns kept, also when it was kept before, full or lost.
local lease = held_lease(ARGV[1], ARGV[2])
if not lease then return 'lost' end
local field, record = ARGV[3] == '1' and answer_of(lease[JOB]) or 'a~' .. lease[TOKEN], ARGV[4]
if redis.call('HEXISTS', SPOOL, field) == 1 then return 'kept' end
if state[SPOOLED] + #record > tonumber(ARGV[5]) then return 'full' end
redis.call('HSET', SPOOL, field, record)
state[SPOOLED] = state[SPOOLED] + #record
commit()
return 'kept'
