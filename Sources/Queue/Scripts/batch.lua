-- batch: batch id or '', cursor ('0' for the start), jobs to look at. Live lines of a batch, or all live jobs, page by
-- page.
-- Returns {cursor to go on with or '0', {name, shape, record, attempts, deaths}…}; a line may come twice.
local pattern = '*'
if ARGV[1] ~= '' then
    local number = redis.call('HGET', FEEDS, 'i~' .. ARGV[1])
    if not number then return { '0' } end
    pattern = number .. '-*'
end
local reply = redis.call('HSCAN', JOBS, ARGV[2], 'MATCH', pattern, 'COUNT', ARGV[3])
local found = { reply[1] }
for at = 1, #reply[2], 2 do
    local job = load(reply[2][at])
    found[#found + 1] = describe(job)
end
return found
