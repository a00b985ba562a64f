-- change: class or '', deadline or '', then public ids. Returns how many were known. A running call keeps what it was
-- taken with; its job has the change when it waits again.
local class, deadline = ARGV[1], ARGV[2]
local known = 0
for at = 3, #ARGV do
    local name = name_of(ARGV[at])
    local job = name and load(name)
    if job then
        known = known + 1
        local waits = redis.call('ZREM', BACKLOG, member_of(job)) + redis.call('ZREM', OVERDUE, name) > 0
        local number = job.shape.number
        if class ~= '' and class ~= job.shape.class then
            number = use_shape(class .. job.shape.text:sub(2))
            drop_shape(job.shape.number)
        end
        local rest = job.record:match('^%d+|%d*|(.*)$')
        redis.call('HSET', JOBS, name, number .. '|' .. (deadline == '' and job.due or deadline) .. '|' .. rest)
        local old_flow, changed = job.flow, load(name)
        count_live(job.tenant, 0, #changed.record - #job.record, 0)
        if waits then
            push_backlog(changed)
            refresh(old_flow)
            refresh(changed.flow)
        elseif redis.call('HEXISTS', TRIES, 'h~' .. name) == 1 then
            redis.call('ZADD', DELAYED, 'XX', changed.deadline, name)
        else
            redis.call('ZADD', DELAYED, 'XX', 'LT', changed.deadline, name)
        end
    end
end
ring_if_runnable()
commit()
return known
