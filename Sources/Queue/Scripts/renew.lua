-- renew: consumer, then rid and token per lease. Returns one letter per lease: k kept, x cancelled, l lost.
-- XCLAIM JUSTID resets the idle time without counting a delivery; it checks no owner, so the token does.
local answers = {}
for at = 2, #ARGV, 2 do
    local rid = ARGV[at]
    local lease = held_lease(rid, ARGV[at + 1])
    if not lease or redis.call('HEXISTS', LEASES, 'o~' .. rid) == 1 then
        answers[#answers + 1] = 'l'
    else
        redis.call('XCLAIM', READY, GROUP, ARGV[1], 0, rid, 'JUSTID')
        answers[#answers + 1] = redis.call('HEXISTS', LEASES, 'x~' .. rid) == 1 and 'x' or 'k'
    end
end
return table.concat(answers)
