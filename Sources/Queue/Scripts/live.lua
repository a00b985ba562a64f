-- live: tenant, limit. Ids of a tenant's live single jobs, newest first within what waits, runs or is delayed.
local tenant, limit = ARGV[1], tonumber(ARGV[2])
local ids = {}
local function note(entry)
    local job = load(entry)
    if job and job.i ~= '' then ids[#ids + 1] = job.i end
end
for _, class in ipairs(CLASS_ORDER) do
    local flow = class .. ':' .. tenant
    for _, member in ipairs(heads(flow, limit)) do note(parse_member(member).entry) end
end
local fields = redis.call('HGETALL', LEASES)
for at = 1, #fields, 2 do
    if fields[at]:sub(1, 2) == 'e~' then
        local lease = read_lease(fields[at + 1])
        if lease and lease.flow:sub(3) == tenant and lease.id ~= '' then ids[#ids + 1] = lease.id end
    end
end
for _, entry in ipairs(redis.call('ZRANGE', DELAYED, 0, limit - 1)) do
    local job = load(entry)
    if job and job.i ~= '' and flow_of(job.k):sub(3) == tenant then ids[#ids + 1] = job.i end
end
table.sort(ids, function(left, right) return left > right end)
local page = {}
for at = 1, math.min(limit, #ids) do page[at] = ids[at] end
return page
