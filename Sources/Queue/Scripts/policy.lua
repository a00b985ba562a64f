-- policy: pairs of tenant and policy (the numbers that `policy_of` reads, joined by ':'). A tenant that its old bounds
-- hold back goes on at once if the new ones let it; one that is paused now stops with the next take.
for at = 1, #ARGV, 2 do
    local tenant = ARGV[at]
    local numbers = {}
    for number in ARGV[at + 1]:gmatch('[^:]+') do numbers[#numbers + 1] = tonumber(number) end
    redis.call('HSET', POLICIES, tenant, struct.pack('<dddddddd', unpack(numbers)))
    policies[tenant] = nil
    let_go({ tenant })
end
commit()
return 1
