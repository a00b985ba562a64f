-- control: pool paused 0/1, then names of paused targets. What was paused before and is not named goes on.
gates:set('z', ARGV[1] == '1' and 1 or nil)
local named = {}
for at = 2, #ARGV do named['z~' .. ARGV[at]] = true end
for _, field in ipairs(field_names(gates)) do
    if field:sub(1, 2) == 'z~' and not named[field] then gates:set(field, nil) end
end
for field in pairs(named) do gates:set(field, 1) end
commit()
ring_if_runnable()
return 1
