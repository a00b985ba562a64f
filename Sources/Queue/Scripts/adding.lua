-- Adding jobs. What is the job's own comes as Swift packs it: the record without the key of its shape.
local HEAD_BYTES = 17 -- before own and body
local function tokens_in(record)
    local deadline, input, output = struct.unpack('>I6I4I4', record)
    return deadline, input + (output >= GUESS and output - GUESS or output)
end

-- The shapes of what is added, each with the jobs, bytes and tokens that are new.
local added_shapes, shapes_by_text = {}, {}
local function open_shapes(texts)
    local keys, owners = {}, {}
    for _, text in ipairs(texts) do
        if not shapes_by_text[text] then
            local class, tenant, deadline = struct.unpack(SHAPE_FORMAT, text)
            local count = #added_shapes + 1
            local shape = { flow = class .. ':' .. tenant, tenant = tenant, deadline = deadline, jobs = 0, bytes = 0,
                tokens = 0, hash = hash_of(text) }
            shapes_by_text[text] = shape
            added_shapes[count], keys[count], owners[count] = shape, key_of(shape.hash), tenant
        end
    end
    read_ahead(SHAPES, keys)
    read_ahead(TENANTS, owners)
end

-- Adds a job unless it is known, or has ended and only the ledger does not know yet.
local new_jobs = {}
local function add(name, text, record)
    if is_answered(name) then return end
    local shape = shapes_by_text[text]
    shape.key = shape.key or shape_key(text, shape.hash)
    if redis.call('HSETNX', JOBS, name, shape.key .. record) == 0 then return end
    local deadline, tokens = tokens_in(record)
    new_jobs[#new_jobs + 1] = { name = name, flow = shape.flow, deadline = deadline > 0 and deadline or shape.deadline }
    shape.jobs, shape.bytes, shape.tokens = shape.jobs + 1, shape.bytes + 4 + #record, shape.tokens + tokens
end

-- Counts what was added, lets it wait and wakes who serves it; how many there are.
local function finish_adding()
    for _, shape in ipairs(added_shapes) do
        if shape.key then count_shape(shape.key, shape.jobs) end
        count_live(shape.tenant, shape.jobs, shape.bytes, shape.tokens)
    end
    wait_again(new_jobs)
    ring_for(#new_jobs)
    return #new_jobs
end
