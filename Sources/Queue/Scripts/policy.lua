-- policy: tenant, weight:cap. A tenant that its old cap holds back goes on at once if the new one lets it.
local tenant = ARGV[1]
redis.call('HSET', POLICIES, tenant, ARGV[2])
let_go(tenant)
return 1
