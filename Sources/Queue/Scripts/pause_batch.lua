-- pause_batch: batch id, paused 0/1, cursor ('0' for the start), jobs to look at. Holds its waiting lines back until
-- their deadline, or lets them go. Returns the cursor to go on with, '0' after the last page.
local paused = ARGV[2] == '1'
local number = redis.call('HGET', FEEDS, 'i~' .. ARGV[1])
if not number then return '0' end
if paused then redis.call('HSET', FEEDS, 'z~' .. number, 1) else redis.call('HDEL', FEEDS, 'z~' .. number) end
local names, cursor = lines_from(ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]))
read_ahead(JOBS, names)
for _, name in ipairs(names) do
    local job, mark = load(name), 'h~' .. name
    if not job then
        -- Not fed yet, or done.
    elseif paused and redis.call('ZREM', BACKLOG, member_of(job.flow, job.deadline, name)) == 1 then
        redis.call('ZADD', DELAYED, whole(job.deadline), name)
        redis.call('HSET', TRIES, mark, 1)
        refresh(job.flow)
    elseif not paused and redis.call('HDEL', TRIES, mark) == 1 and redis.call('ZREM', DELAYED, name) == 1 then
        push_backlog({ job })
    end
end
if not paused then ring_if_runnable() end
commit()
return cursor
