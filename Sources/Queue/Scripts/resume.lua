-- resume: target, then its limit groups. Ends its stop and its blocks.
local target = target_of(ARGV[1])
target[STOPPED], target[BLOCKED], target[TARGET_PROBE] = 0, 0, ''
for at = 2, #ARGV do
    local group = group_of(ARGV[at])
    group[BLOCKED], group[GROUP_PROBE] = 0, ''
end
commit()
ring_if_runnable()
return 1
