-- Adds the job whose arguments begin at `at`: name, shape, deadline or '', input, output, own, body.
local function add_counted(at)
    local name, own, body = ARGV[at], ARGV[at + 5], ARGV[at + 6]
    local shape = add(name, ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], own, body)
    count_live(shape.tenant, 1, redis.call('HSTRLEN', JOBS, name), tokens_of(ARGV[at + 3], ARGV[at + 4]))
end
