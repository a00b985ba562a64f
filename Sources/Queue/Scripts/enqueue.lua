-- enqueue: epoch ('' to skip the check), then per job: id, key, estimate, meta, body.
-- A known id is left as it is. Not allow-oom: a full Redis refuses new work and drains.
local expected = ARGV[1]
if expected ~= '' and redis.call('GET', EPOCH) ~= expected then
    return redis.error_reply('EPOCH the queue was replaced')
end
local added = 0
for at = 2, #ARGV, 5 do
    local id = ARGV[at]
    if redis.call('HEXISTS', IDS, id) == 0 and not redis.call('ZSCORE', DONE, id) then
        local entry = add(id, '', ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
        redis.call('HSET', IDS, id, entry)
        added = added + 1
    end
end
if added > 0 then ring() end
return added
