-- resume: target, then its limit groups. Ends its stop and its blocks.
gates:set('x~' .. ARGV[1], nil)
for at = 1, #ARGV do
    local scope = (at == 1 and 't~' or 'g~') .. ARGV[at]
    gates:set('b~' .. scope, nil)
    gates:set('p~' .. scope, nil)
end
commit()
ring_if_runnable()
return 1
