-- Adding jobs. What is the job's own comes as Swift packs it: the record without the key of its shape.
local HEAD_BYTES = 17 -- before own and body
local function tokens_in(record)
    local deadline, input, output = struct.unpack('>I6I4I4', record)
    return deadline, input + (output >= GUESS and output - GUESS or output)
end

-- Adds and counts a job unless it is known; 1 when it is new.
local function add(name, shape_text, record)
    local key = shape_key(shape_text)
    local is_new = redis.call('HSETNX', JOBS, name, key .. record)
    count_shape(key, is_new)
    if is_new == 0 then return 0 end
    local class, tenant, shape_deadline = struct.unpack(SHAPE_FORMAT, shape_text)
    local deadline, tokens = tokens_in(record)
    wait_again(name, class, tenant, deadline > 0 and deadline or shape_deadline)
    count_live(tenant, 1, 4 + #record, tokens)
    return 1
end
