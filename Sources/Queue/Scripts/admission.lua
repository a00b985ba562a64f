-- Whether caps leave room for a job: nil, or the cap's name, the cap and what is used of it. The pool's own caps are in
-- `caps` from `at` on.
local function cap_reached(policy, caps, at, owner, bytes, tokens)
    local tenant = tenant_of(owner)
    local checks = {
        { 'tenant_jobs', policy[JOB_CAP], tenant[TENANT_LIVE], 1 },
        { 'tenant_bytes', policy[BYTE_CAP], tenant[TENANT_LIVE + 1], bytes },
        { 'tenant_tokens', policy[TOKEN_CAP], tenant[TENANT_LIVE + 2], tokens },
        { 'pool_jobs', caps[at], state[POOL_LIVE], 1 },
        { 'pool_bytes', caps[at + 1], state[POOL_LIVE + 1], bytes },
        { 'pool_tokens', caps[at + 2], state[POOL_LIVE + 2], tokens },
    }
    for _, check in ipairs(checks) do
        local name, cap, used, more = unpack(check)
        if cap > 0 and used + more > cap then return name, cap, used end
    end
    return nil
end
