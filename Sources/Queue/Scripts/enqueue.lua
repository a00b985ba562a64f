-- enqueue: epoch ('' to skip the check), then per job: name, shape, deadline or '', input, output, own, body.
-- A known job is left as it is. Not allow-oom: a full Redis refuses new work and drains.
local expected = ARGV[1]
if expected ~= '' and redis.call('GET', EPOCH) ~= expected then
    return redis.error_reply('EPOCH the queue was replaced')
end
local added = 0
for at = 2, #ARGV, 7 do
    local name = ARGV[at]
    if redis.call('HEXISTS', JOBS, name) == 0 and not redis.call('ZSCORE', DONE, name) then
        add_counted(at)
        added = added + 1
    end
end
ring_for(added)
commit()
return added
