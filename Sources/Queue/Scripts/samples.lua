-- What a call teaches, left by `settle` for the scheduler's tick: ms of service, tokens by the job's estimate, input
-- and output that were used, target, model.
local SAMPLE_FORMAT = '<ddddHc0Hc0'
local function sample_of(lease, service, input, output)
    local target, model = lease[TARGET], lease[MODEL]
    return struct.pack(SAMPLE_FORMAT, service, lease[RAW], input, output, #target, target, #model, model)
end
local function keep_samples(samples)
    if not samples[1] then return end
    if redis.call('RPUSH', SAMPLES, unpack(samples)) > 2000 then redis.call('LTRIM', SAMPLES, -1000, -1) end
end
