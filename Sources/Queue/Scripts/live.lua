-- live: tenant, cursor ('' for the start), limit. Names of a tenant's live single jobs, page by page: what waits, then
-- what runs, then what is delayed. Returns {cursor to go on with or '', name…}.
local tenant, cursor, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
local phase, position = cursor:sub(1, 1), cursor:sub(2)
local found = {}
if phase == '' then
    found[1] = 'l0'
    for _, class in ipairs(CLASS_ORDER) do
        for _, member in ipairs(heads(class .. ':' .. tenant, limit)) do
            local name = name_in(member, class .. ':' .. tenant)
            if not is_line(name) then found[#found + 1] = name end
        end
    end
elseif phase == 'l' then
    local reply = redis.call('HSCAN', LEASES, position, 'MATCH', 'e~job_*', 'COUNT', limit)
    found[1] = reply[1] == '0' and 'd0' or 'l' .. reply[1]
    for at = 1, #reply[2], 2 do
        local lease = read_lease(reply[2][at + 1])
        if lease and owner_of(lease[FLOW]) == tenant then found[#found + 1] = lease[JOB] end
    end
else
    limit = math.min(limit, 50) -- whole jobs are read here, those of others too
    local names = redis.call('ZRANGE', DELAYED, position, position + limit - 1)
    found[1] = #names < limit and '' or 'd' .. whole(position + limit)
    for _, name in ipairs(names) do
        local job = not is_line(name) and load(name)
        if job and job.tenant == tenant then found[#found + 1] = name end
    end
end
return found
