-- enqueue: epoch ('' to skip the check), then per job: name, shape, and its record without the shape's key.
-- A known job is left as it is. Not allow-oom: a full Redis refuses new work and drains.
local expected = ARGV[1]
if expected ~= '' and redis.call('GET', EPOCH) ~= expected then
    return redis.error_reply('EPOCH the queue was replaced')
end
local added = 0
for at = 2, #ARGV, 3 do
    local name = ARGV[at]
    if not redis.call('ZSCORE', DONE, name) then added = added + add(name, ARGV[at + 1], ARGV[at + 2]) end
end
ring_for(added)
commit()
return added
