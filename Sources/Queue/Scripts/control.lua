-- control: pool paused 0/1, then names of paused targets. What was paused before and is not named goes on.
state[POOL_PAUSED] = tonumber(ARGV[1])
for _, name in ipairs(names_of('t~')) do target_of(name)[PAUSED] = 0 end
for at = 2, #ARGV do target_of(ARGV[at])[PAUSED] = 1 end
commit()
ring_if_runnable()
return 1
