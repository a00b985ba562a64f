-- change: class or '', deadline in ms or '', then public ids. Returns how many were known. A running call keeps what it
-- was taken with; its job has the change when it waits again.
local class, deadline = ARGV[1], tonumber(ARGV[2])
local known = 0
for at = 3, #ARGV do
    local name = name_of(ARGV[at])
    local job = name and load(name)
    if job then
        known = known + 1
        local waits = redis.call('ZREM', BACKLOG, member_of(job.flow, job.deadline, name))
            + redis.call('ZREM', OVERDUE, name) > 0
        local key = job.shape.key
        if class ~= '' and class ~= job.shape.class then
            local text = class .. job.shape.text:sub(2)
            key = shape_key(text, hash_of(text))
            count_shape(key, 1)
            count_shape(job.shape.key, -1)
            local rid = redis.call('HGET', LEASES, 'e~' .. name)
            if rid then set_leased_shape(rid, key) end
        end
        redis.call('HSET', JOBS, name, key .. struct.pack('>I6', deadline or job.deadline) .. job.record:sub(11))
        local changed = load(name)
        if waits then
            push_backlog({ changed })
            refresh(job.flow)
            refresh(changed.flow)
        elseif redis.call('HEXISTS', TRIES, 'h~' .. name) == 1 then
            redis.call('ZADD', DELAYED, 'XX', whole(changed.deadline), name)
        else
            redis.call('ZADD', DELAYED, 'XX', 'LT', whole(changed.deadline), name)
        end
    end
end
ring_if_runnable()
commit()
return known
