-- Whether caps leave room for a job: nil, or the cap's name, the cap, what is used and by whom.
local function cap_reached(policy, caps, tenant, bytes, tokens)
    local jobs, held, meant = live_of(tenant)
    local all_jobs, all_held, all_meant = live_of('')
    local checks = {
        { 'tenant_jobs', policy.jobs, jobs, 1 }, { 'tenant_bytes', policy.bytes, held, bytes },
        { 'tenant_tokens', policy.tokens, meant, tokens }, { 'pool_jobs', caps.j, all_jobs, 1 },
        { 'pool_bytes', caps.b, all_held, bytes }, { 'pool_tokens', caps.t, all_meant, tokens },
    }
    for _, check in ipairs(checks) do
        local name, cap, used, more = unpack(check)
        if cap > 0 and used + more > cap then return name, cap, used end
    end
    return nil
end
