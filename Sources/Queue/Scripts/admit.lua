-- admit: pool as JSON, epoch ('' to skip the check), queue anyway 0/1, only ask 0/1, then name, shape, deadline or '',
-- input, output, own, body. Returns {'accepted', ms to the expected start or -1}, or
-- {'refused', reason, cap or -1, used or -1, ms to the expected start or -1, ms to come back after}.
local pool, expected, anyway, only_ask = cjson.decode(ARGV[1]), ARGV[2], ARGV[3] == '1', ARGV[4] == '1'
local NAME = 5
local LONGEST_WAIT = 60000
if expected ~= '' and redis.call('GET', EPOCH) ~= expected then
    return redis.error_reply('EPOCH the queue was replaced')
end
local name = ARGV[NAME]
local flow, shape_deadline = ARGV[NAME + 1]:match('^(%a:[^|]+)|(%d*)|')
local tenant = flow:sub(3)
local deadline = ARGV[NAME + 2] == '' and shape_deadline or ARGV[NAME + 2]
local policy = policy_of(tenant)
local tokens = tokens_of(ARGV[NAME + 3], ARGV[NAME + 4])

if redis.call('HEXISTS', JOBS, name) == 1 or redis.call('ZSCORE', DONE, name) then return { 'accepted', -1 } end

local before = redis.call('ZLEXCOUNT', BACKLOG, '[' .. flow .. ':', '(' .. flow .. ':' .. deadline .. ':' .. name)
local start = expected_start(pool, flow, before)

-- Each one who is refused gets a later time than the one before, by what a job of the tenant takes of its share: else
-- all of them would come back at once.
local function come_back(least)
    local rate = classes:number('vr:' .. flow:sub(1, 1)) / 1000 * policy.weight
    local share = rate > 0 and tokens / rate or 1000
    local promised = tenants:number('p~' .. tenant)
    local next_place = math.min(math.max(promised, now) + share, now + LONGEST_WAIT)
    tenants:set('p~' .. tenant, next_place)
    commit()
    return math.min(LONGEST_WAIT, math.max(1, math.ceil(math.max(least, next_place - now))))
end

local reason, cap, used = cap_reached(policy, pool.caps, tenant, #ARGV[NAME + 5] + #ARGV[NAME + 6], tokens)
if reason then return { 'refused', reason, cap, used, start and math.ceil(start) or -1, come_back(0) } end

-- It must start and, as half of the calls do on the fastest target, end in time.
local late = (start or 0) + service_time(pool, 'q50') - (tonumber(deadline) - now)
if not anyway and late > 0 then
    return { 'refused', 'deadline_unmeetable', -1, -1, start and math.ceil(start) or -1, come_back(late) }
end

if not only_ask then
    add_counted(NAME)
    ring_for(1)
end
commit()
return { 'accepted', start and math.ceil(start) or -1 }
