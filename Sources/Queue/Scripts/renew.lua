-- renew: consumer, then rid and token per lease. Returns one letter per lease: k kept, x cancelled, l lost.
-- XCLAIM JUSTID resets the idle time without counting a delivery; it checks no owner, so the token does.
local rids, answers, kept = {}, {}, {}
for at = 2, #ARGV, 2 do rids[#rids + 1] = ARGV[at] end
for place, text in ipairs(redis.call('HMGET', LEASES, unpack(rids))) do
    local cancelled, orphaned, token
    if text then cancelled, orphaned, token = struct.unpack('<BBHc0', text) end
    if token ~= ARGV[place * 2 + 1] or orphaned == 1 then
        answers[place] = 'l'
    else
        kept[#kept + 1] = rids[place]
        answers[place] = cancelled == 1 and 'x' or 'k'
    end
end
if #kept > 0 then
    kept[#kept + 1] = 'JUSTID'
    redis.call('XCLAIM', READY, GROUP, ARGV[1], '0', unpack(kept))
end
return table.concat(answers)
