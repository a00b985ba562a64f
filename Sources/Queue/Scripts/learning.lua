-- What the pool learns from its calls, worked in by the scheduler's tick from the samples that settle leaves.
--   t~target → how long successful calls take: samples;bucket=weight,…
--   m~model  → calls against estimates: time|raw input|input|error|samples;bucket=weight,… (of output tokens)
--   r~model  → what take reads, as doubles: ratio, p90 of output, error of input, samples
local SERVICE_HALF_LIFE, MODEL_HALF_LIFE = 15000, 600000
local BASE = math.log(1.2)
local SAMPLES_PER_STEP, LEAST_FOR_ESTIMATES = 100, 20

local function read_histogram(text)
    local samples, rest = (text or '0;'):match('^([^;]*);(.*)$')
    local buckets = {}
    for bucket, weight in rest:gmatch('(%d+)=([%d%.]+)') do buckets[tonumber(bucket)] = tonumber(weight) end
    return { samples = tonumber(samples), buckets = buckets }
end
local function write_histogram(histogram)
    local parts = {}
    for bucket, weight in pairs(histogram.buckets) do
        if weight > 0.01 then parts[#parts + 1] = string.format('%d=%.2f', bucket, weight) end
    end
    return string.format('%.2f;', histogram.samples) .. table.concat(parts, ',')
end
local function fade(histogram, factor)
    histogram.samples = histogram.samples * factor
    for bucket, weight in pairs(histogram.buckets) do histogram.buckets[bucket] = weight * factor end
end
local function note(histogram, value)
    local bucket = math.floor(math.log(math.max(value, 1)) / BASE)
    histogram.buckets[bucket] = (histogram.buckets[bucket] or 0) + 1
    histogram.samples = histogram.samples + 1
end
-- The bucket's lower edge, so that nothing is thought slower or larger than it was; `is_upper` gives the upper one.
local function quantile(histogram, share, is_upper)
    local order, total = {}, 0
    for bucket, weight in pairs(histogram.buckets) do
        order[#order + 1] = bucket
        total = total + weight
    end
    table.sort(order)
    local passed = 0
    for _, bucket in ipairs(order) do
        passed = passed + histogram.buckets[bucket]
        if passed >= total * share then return math.exp((bucket + (is_upper and 1 or 0)) * BASE) end
    end
    return 0
end

local function learn_target(name, services, elapsed)
    local target = target_of(name)
    local histogram = read_histogram(redis.call('HGET', LEARNED, 't~' .. name))
    fade(histogram, 0.5 ^ (math.max(0, elapsed) / SERVICE_HALF_LIFE))
    for _, service in ipairs(services) do note(histogram, service) end
    if histogram.samples < 0.5 then
        redis.call('HDEL', LEARNED, 't~' .. name)
        target[TIMES], target[Q10], target[Q50], target[Q95] = 0, 0, 0, 0
        return
    end
    redis.call('HSET', LEARNED, 't~' .. name, write_histogram(histogram))
    target[TIMES] = histogram.samples
    target[Q10], target[Q50] = quantile(histogram, 0.1, false), quantile(histogram, 0.5, true)
    target[Q95] = quantile(histogram, 0.95, true)
end

local function learn_model(model, samples)
    local at, raw, actual, wrong, text =
        (redis.call('HGET', LEARNED, 'm~' .. model) or '0|0|0|0|0;'):match('^([^|]+)|([^|]+)|([^|]+)|([^|]+)|(.*)$')
    local factor = 0.5 ^ (math.max(0, now - tonumber(at)) / MODEL_HALF_LIFE)
    raw, actual, wrong = raw * factor, actual * factor, wrong * factor
    local outputs = read_histogram(text)
    fade(outputs, factor)
    local ratio = raw > 0 and actual / raw or 1
    for _, sample in ipairs(samples) do
        raw, actual = raw + sample.raw, actual + sample.input
        wrong = wrong + math.abs(sample.input - sample.raw * ratio)
        note(outputs, sample.output)
    end
    redis.call('HSET', LEARNED, 'm~' .. model, string.format('%.0f|%.2f|%.2f|%.2f|', now, raw, actual, wrong)
        .. write_histogram(outputs))
    if outputs.samples < LEAST_FOR_ESTIMATES or raw <= 0 or actual <= 0 then return end
    ratio = math.min(4, math.max(0.25, actual / raw))
    redis.call('HSET', LEARNED, 'r~' .. model, struct.pack('<dddd', ratio, math.ceil(quantile(outputs, 0.9, true)),
        wrong / actual, outputs.samples))
end

local function learn(elapsed)
    local known, models = {}, {}
    for _, name in ipairs(names_of('t~')) do
        if target_of(name)[TIMES] > 0 then known[name] = {} end
    end
    for _, sample in ipairs(redis.call('LRANGE', SAMPLES, 0, SAMPLES_PER_STEP - 1)) do
        local service, raw, input, output, target, model = struct.unpack(SAMPLE_FORMAT, sample)
        known[target] = known[target] or {}
        table.insert(known[target], service)
        models[model] = models[model] or {}
        table.insert(models[model], { raw = raw, input = input, output = output })
    end
    redis.call('LTRIM', SAMPLES, SAMPLES_PER_STEP, -1)
    for target, services in pairs(known) do learn_target(target, services, elapsed) end
    for model, samples in pairs(models) do learn_model(model, samples) end
end

-- Whether nothing could move: paused, blocked, or without anybody who works.
local LONGEST_SILENCE = 5000
local function is_standing()
    if state[POOL_PAUSED] > 0 then return true end
    for _, name in ipairs(names_of('t~')) do
        if target_of(name)[BLOCKED] > now then return true end
    end
    for _, name in ipairs(names_of('g~')) do
        if group_of(name)[BLOCKED] > now then return true end
    end
    return now - state[ASKED] > LONGEST_SILENCE and redis.call('XLEN', READY) == 0
end

-- How fast the virtual time of each class runs, per second, while it has a backlog: measured from one move of its
-- floor to the next, as the floor of a slow pool moves seldom. Time in which nothing could move does not count.
local function measure_classes(elapsed)
    local stands = is_standing()
    for _, class in ipairs(CLASS_ORDER) do
        local floor, has_backlog = state[FLOOR + RANK[class]], redis.call('EXISTS', VT[class]) == 1
        local pace = pace_of(class)
        if stands or not has_backlog or pace[WAS_BUSY] == 0 or elapsed <= 0 then
            pace[SEEN_FLOOR], pace[PASSED] = floor, 0
        else
            local gone, passed = floor - pace[SEEN_FLOOR], pace[PASSED] + elapsed
            if gone >= 1000 then
                local rate = gone / passed
                local known = pace[IS_MEASURED] == 1 and pace[RATE] or rate
                pace[RATE], pace[IS_MEASURED] = known + (rate - known) * math.min(1, passed / 5000), 1
                pace[SEEN_FLOOR], passed = floor, 0
            end
            pace[PASSED] = passed
        end
        pace[WAS_BUSY] = has_backlog and 1 or 0
    end
end

-- What was used so far, every five seconds, so that the last minute's use can be told.
local function note_usage()
    local used = { at = now }
    for _, name in ipairs(names_of('g~')) do
        local group = group_of(name)
        for dimension, letter in ipairs(DIMENSION_LETTERS) do used[letter .. '~' .. name] = group[USED + dimension] end
    end
    redis.call('RPUSH', USAGE, cjson.encode(used))
    redis.call('LTRIM', USAGE, -13, -1)
end
