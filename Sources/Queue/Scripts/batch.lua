-- batch: batch id, cursor ('0' for the start), lines to look at. Live lines of a batch, page by page, in the order of
-- their numbers: what else is in the pool costs nothing.
-- Returns {cursor to go on with or '0', {name, shape, record, attempts, deaths}…}.
local names, found = {}, {}
names, found[1] = lines_from(ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]))
read_ahead(JOBS, names)
for _, name in ipairs(names) do
    local job = load(name)
    if job then found[#found + 1] = describe(job) end
end
return found
