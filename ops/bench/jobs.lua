-- wrk: single jobs with a chat request of about 1 KB; answers above 399 are counted as refused.
local key, model = os.getenv("BENCH_KEY"), os.getenv("BENCH_MODEL")
local filler = string.rep("x", 850)
local number = 0

function request()
    number = number + 1
    local body = string.format(
        '{"body":{"model":"%s","max_tokens":64,"messages":[{"role":"user","content":"request %d %s"}]}}',
        model, number, filler)
    return wrk.format("POST", "/v1/jobs",
        { ["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json" }, body)
end

function done(summary, latency)
    print(string.format('{"requests":%d,"seconds":%.3f,"socket_errors":%d,"refused":%d,"p50_ms":%.2f,"p99_ms":%.2f}',
        summary.requests, summary.duration / 1e6,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
        summary.errors.status, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
