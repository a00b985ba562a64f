-- jobs: cursor ('0' for the start), jobs to look at. All live jobs, page by page; one may come twice.
-- Returns {cursor to go on with or '0', {name, shape, record, attempts, deaths}…}.
local reply = redis.call('HSCAN', JOBS, ARGV[1], 'COUNT', ARGV[2])
local found = { reply[1] }
for at = 1, #reply[2], 2 do
    local job = load(reply[2][at])
    found[#found + 1] = describe(job)
end
return found
