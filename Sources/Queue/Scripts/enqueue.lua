-- enqueue: epoch ('' to skip the check), then per job: name, shape, and its record without the shape's key.
-- A known job is left as it is. Not allow-oom: a full Redis refuses new work and drains.
local expected = ARGV[1]
if expected ~= '' and redis.call('GET', EPOCH) ~= expected then
    return redis.error_reply('EPOCH the queue was replaced')
end
local names, texts = {}, {}
for at = 2, #ARGV, 3 do names[#names + 1], texts[#texts + 1] = ARGV[at], ARGV[at + 1] end
open_shapes(texts)
for place, tombstone in ipairs(redis.call('ZMSCORE', DONE, unpack(names))) do
    if not tombstone then add(names[place], texts[place], ARGV[place * 3 + 1]) end
end
local added = finish_adding()
commit()
return added
