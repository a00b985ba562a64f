-- admit: the pool's settings, epoch ('' to skip the check), queue anyway 0/1, only ask 0/1, then name, shape, and the
-- record without the shape's key. Returns {'accepted', ms to the expected start or -1}, or
-- {'refused', reason, cap or -1, used or -1, ms to the expected start or -1, ms to come back after}.
local expected, anyway, only_ask = ARGV[2], ARGV[3] == '1', ARGV[4] == '1'
local name, shape_text, rest_of_record = ARGV[5], ARGV[6], ARGV[7]
local LONGEST_WAIT = 60000
if expected ~= '' and redis.call('GET', EPOCH) ~= expected then
    return redis.error_reply('EPOCH the queue was replaced')
end
if redis.call('HEXISTS', JOBS, name) == 1 or redis.call('ZSCORE', DONE, name) then return { 'accepted', -1 } end

local class, tenant, shape_deadline = struct.unpack(SHAPE_FORMAT, shape_text)
local deadline, tokens = tokens_in(rest_of_record)
if deadline == 0 then deadline = shape_deadline end
local pool, policy, flow = open_pool(ARGV[1]), policy_of(tenant), class .. ':' .. tenant
local before = redis.call('ZLEXCOUNT', BACKLOG, '[' .. flow .. ':', '(' .. member_of(flow, deadline, name))
local start = expected_start(pool, class, tenant, before)

-- Each one who is refused gets a later time than the one before, by what a job of the tenant takes of its share: else
-- all of them would come back at once.
local function come_back(least)
    local rate, owner = pace_of(class)[RATE] / 1000 * policy[WEIGHT], tenant_of(tenant)
    local share = rate > 0 and tokens / rate or 1000
    local next_place = math.min(math.max(owner[PROMISED], now) + share, now + LONGEST_WAIT)
    owner[PROMISED] = next_place
    commit()
    return math.min(LONGEST_WAIT, math.max(1, math.ceil(math.max(least, next_place - now))))
end

-- The bytes of what is the job's own and of its body.
local reason, cap, used = cap_reached(policy, pool, POOL_CAP, tenant, #rest_of_record - HEAD_BYTES, tokens)
if reason then return { 'refused', reason, cap, used, start and math.ceil(start) or -1, come_back(0) } end

-- It must start and, as half of the calls do on the fastest target, end in time.
local late = (start or 0) + service_time(pool, Q50) - (deadline - now)
if not anyway and late > 0 then
    return { 'refused', 'deadline_unmeetable', -1, -1, start and math.ceil(start) or -1, come_back(late) }
end

if not only_ask then
    open_shapes({ shape_text })
    add(name, shape_text, rest_of_record)
    finish_adding()
end
commit()
return { 'accepted', start and math.ceil(start) or -1 }
