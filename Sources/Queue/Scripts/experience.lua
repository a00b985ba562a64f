-- experience: names of targets. What was learned of the pool's calls: {'model', name, ratio, p90, error, samples} and
-- {'target', name, samples, p10, p50, p95 in ms}.
local found = {}
for _, field in ipairs(redis.call('HKEYS', LEARNED)) do
    if field:sub(1, 2) == 'r~' then
        local ratio, p90, wrong, samples = redis.call('HGET', LEARNED, field):match('^([^:]+):([^:]+):([^:]+):([^:]+)$')
        found[#found + 1] = { 'model', field:sub(3), ratio, p90, wrong, samples }
    end
end
for _, target in ipairs(ARGV) do
    if gates:text('qn~' .. target) then
        found[#found + 1] = { 'target', target, gates:text('qn~' .. target), gates:text('q10~' .. target),
            gates:text('q50~' .. target), gates:text('q95~' .. target) }
    end
end
return found
