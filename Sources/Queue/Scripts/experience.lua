-- experience: names of targets. What was learned of the pool's calls: {'model', name, ratio, p90, error, samples} and
-- {'target', name, samples, p10, p50, p95 in ms}.
local found = {}
for _, field in ipairs(redis.call('HKEYS', LEARNED)) do
    if field:sub(1, 2) == 'r~' then
        local ratio, p90, wrong, samples = struct.unpack('<dddd', redis.call('HGET', LEARNED, field))
        found[#found + 1] = { 'model', field:sub(3), tostring(ratio), whole(p90), tostring(wrong), tostring(samples) }
    end
end
for _, name in ipairs(ARGV) do
    local target = target_of(name)
    if target[TIMES] > 0 then
        found[#found + 1] = { 'target', name, tostring(target[TIMES]), tostring(target[Q10]), tostring(target[Q50]),
            tostring(target[Q95]) }
    end
end
return found
