-- Outcomes that the ledger could not take wait in `spool` until somebody writes them: `j~name` is how a job ended,
-- `a~token` a call after which its job goes on. What they take is counted in the pool's record.
local function answer_of(name) return 'j~' .. name end

-- Whether a job has ended and only the ledger does not know yet: nobody takes it any more.
local function is_answered(name)
    return state[SPOOLED] > 0 and redis.call('HEXISTS', SPOOL, answer_of(name)) == 1
end
