-- policy: pairs of tenant and policy. A tenant that its old bounds hold back goes on at once if the new ones let it;
-- one that is paused now stops with the next take.
for at = 1, #ARGV, 2 do
    local tenant = ARGV[at]
    redis.call('HSET', POLICIES, tenant, ARGV[at + 1])
    policies[tenant] = nil
    let_go(tenant)
end
commit()
return 1
