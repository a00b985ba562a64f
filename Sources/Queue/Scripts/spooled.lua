-- spooled: cursor, '0' for the start. A few of the outcomes that wait for the ledger: cursor to go on with, '0' at the
-- end, then field, record…
local reply = redis.call('HSCAN', SPOOL, ARGV[1], 'COUNT', 10)
return { reply[1], unpack(reply[2]) }
