-- batch: batch id, entry to go on after ('' for the start), entries to look at. Live lines of a batch, page by page.
-- Returns {entry to go on after or '', {entry, meta, body, attempts, deaths}…}.
local batch, after, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
local entries = redis.call('XRANGE', JOBS, after == '' and '-' or '(' .. after, '+', 'COUNT', limit)
local found, last = {}, ''
for _, entry in ipairs(entries) do
    last = entry[1]
    local fields = entry[2]
    if fields[4] == batch then
        local job = { entry = last }
        for at = 1, #fields, 2 do job[fields[at]] = fields[at + 1] end
        found[#found + 1] = describe(job)
    end
end
if #entries < limit then last = '' end
return { last, unpack(found) }
