# Anthropic's Messages API. How a family is written: ops/adapters.md.

def adapter: {
  endpoints: {"/v1/chat/completions": "/messages"},
  native: {"/v1/messages": "/messages"},
  key_header: "x-api-key",
  headers: {"anthropic-version": "2023-06-01"},
  opaque: {
    request: {
      values: ["tools[].function.parameters", "response_format.json_schema.schema"],
      texts: ["messages[].tool_calls[].function.arguments"],
      plain: ["n", "frequency_penalty", "presence_penalty", "top_logprobs"]
    },
    response: {values: ["content[].input"]}
  }
};

# What a request that has no bound of its own may generate: the API wants one.
def default_max_tokens: 4096;

def refuse($message; $param): error({message: $message, param: $param});

# A name out of the caller's request, short enough for a message.
def shown: if type == "string" then .[0:64] else type end;

# Fields, sorted by what becomes of them. One that stands nowhere is refused: it might mean something.

def translated: [
  "model", "messages", "tools", "tool_choice", "parallel_tool_calls", "stop", "max_tokens", "max_completion_tokens",
  "temperature", "top_p", "top_k", "response_format", "reasoning_effort", "thinking", "user", "safety_identifier"
];

# Hints, and what has no effect on the answer.
def dropped: [
  "metadata", "store", "stream", "stream_options", "seed", "service_tier", "prediction", "verbosity",
  "prompt_cache_key", "prompt_cache_retention"
];

# No equivalent: fine only with a value that asks for nothing.
def idle: {
  n: 1, frequency_penalty: 0, presence_penalty: 0, logprobs: false, top_logprobs: 0, logit_bias: {},
  modalities: ["text"]
};

def check_fields:
  reduce (to_entries[] | select(.value != null and (.key | IN(translated[], dropped[]) | not))) as $field (.;
    if (idle | has($field.key)) and idle[$field.key] == $field.value then .
    else refuse("`\($field.key | shown)` is not supported by this model's provider."; $field.key | shown) end);

# Content

def cache_control:
  if .cache_control == null then {}
  elif .cache_control | (.ttl // "5m") == "5m" then {cache_control: .cache_control}
  else refuse("A cache_control with a ttl other than 5m is not supported."; "messages") end;

def image_source:
  if startswith("data:") then
    (.[5:] | split(";base64,")) as $parts
    | if ($parts | length) == 2 then {type: "base64", media_type: $parts[0], data: $parts[1]}
      else refuse("An image's data: URL must be in base64."; "messages") end
  elif .[0:8] | ascii_downcase | startswith("http://") or . == "https://" then {type: "url", url: .}
  else refuse("An image's URL must begin with data:, http:// or https://."; "messages") end;

def text_block($part): {type: "text", text: .} + ($part | cache_control);

# One part of a message as blocks. The API refuses empty texts.
def part_blocks($role):
  . as $part
  | if .type == "text" then .text | select(. != "") | text_block($part)
    elif .type == "refusal" and $role == "assistant" then .refusal | select(. != "") | text_block($part)
    elif .type == "image_url" and $role == "user" then
      {type: "image", source: (.image_url.url | image_source)} + cache_control
    else refuse("Content of type `\(.type | shown)` is not supported in a message of role `\($role)`."; "messages") end;

def content_blocks($role):
  if . == null or . == "" then []
  elif type == "string" then [{type: "text", text: .}]
  elif type == "array" then map(part_blocks($role))
  else refuse("A message's `content` must be a text or a list of parts."; "messages") end;

def tool_use:
  if .type == "function" then
    {type: "tool_use", id, name: .function.name,
     input: (.function.arguments | if . == null or . == "" then {} else fromjson end)}
  else refuse("Tool calls of type `\(.type | shown)` are not supported."; "messages") end;

# Turns

def turn:
  if .role == "user" then {role: "user", content: (.content | content_blocks("user"))}
  elif .role == "assistant" then
    if .function_call != null or .audio != null then
      refuse("`function_call` and `audio` of a message are not supported; use `tool_calls`."; "messages")
    else
      {role: "assistant",
       content: ((.content | content_blocks("assistant"))
                 + (if .content == null and (.refusal // "") != "" then [{type: "text", text: .refusal}] else [] end)
                 + [(.tool_calls // [])[] | tool_use])}
    end
  elif .role == "tool" then
    {role: "user",
     content: [{type: "tool_result", tool_use_id: .tool_call_id, content: (.content | content_blocks("tool"))}]}
  else refuse("Messages of role `\(.role | shown)` are not supported."; "messages") end;

def is_system: .role == "system" or .role == "developer";

# Turns alternate: neighbours of one role become one. The runs are numbered first: to grow one content turn by turn would
# copy it every time.
def merged:
  [foreach (.[] | select(.content != [])) as $turn ({run: 0};
     {run: (if .turn.role == $turn.role then .run else .run + 1 end), turn: $turn})]
  | group_by(.run)
  | map({role: .[0].turn.role, content: map(.turn.content[])});

# Tools

def tool:
  cache_control as $control
  | if .type == "function" then
    .function
    | {name}
      + (if .description == null then {} else {description} end)
      + {input_schema: (.parameters // {type: "object", properties: {}})}
      + (if .strict == true then {strict: true} else {} end)
      + $control
  else refuse("Tools of type `\(.type | shown)` are not supported."; "tools") end;

def tool_choice:
  (if .tool_choice == null or .tool_choice == "auto" then {type: "auto"}
   elif .tool_choice == "required" then {type: "any"}
   elif .tool_choice == "none" then {type: "none"}
   elif (.tool_choice | type) == "object" and .tool_choice.type == "function" then
     {type: "tool", name: .tool_choice.function.name}
   else refuse("This `tool_choice` is not supported."; "tool_choice") end)
  + (if .parallel_tool_calls == false and .tool_choice != "none" then {disable_parallel_tool_use: true} else {} end);

def tools:
  if (.tools // []) == [] then {}
  else
    {tools: (.tools | map(tool))}
    + (if .tool_choice != null or .parallel_tool_calls == false then {tool_choice: tool_choice} else {} end)
  end;

# The rest

def format:
  .response_format
  | if . == null or .type == "text" then {}
    elif .type == "json_schema" then {format: {type: "json_schema", schema: .json_schema.schema}}
    else
      refuse("A `response_format` of type `\(.type | shown)` is not supported; use `json_schema`."; "response_format")
    end;

def effort:
  .reasoning_effort
  | if . == null or . == "none" then {}
    elif . == "minimal" then {effort: "low"}
    else {effort: .} end;

def output_config: (format + effort) | if . == {} then {} else {output_config: .} end;

def stop_sequences:
  .stop | if . == null then {} elif type == "array" then {stop_sequences: .} else {stop_sequences: [.]} end;

def taken($fields): with_entries(select(.value != null and (.key | IN($fields[]))));

def request:
  check_fields
  | (.user // .safety_identifier) as $user
  | {model, max_tokens: (.max_completion_tokens // .max_tokens // default_max_tokens)}
    + ([.messages[] | select(is_system) | .content | content_blocks("system")[]]
       | if . == [] then {} else {system: .} end)
    + {messages: ([.messages[] | select(is_system | not) | turn] | merged)}
    + tools
    + output_config
    + stop_sequences
    + taken(["temperature", "top_p", "top_k", "thinking"])
    + (if $user == null then {} else {metadata: {user_id: $user}} end);

# Answers

# Their input leaves out what was read from the cache or written to it; ours has it all.
def usage:
  .usage
  | if .input_tokens == null then null
    else
      (.cache_read_input_tokens // 0) as $read
      | (.cache_creation_input_tokens // 0) as $write
      | {
          input: (.input_tokens + $read + $write),
          cached_input: $read,
          cache_write: $write,
          output: (.output_tokens // 0),
          reasoning: (.output_tokens_details.thinking_tokens // 0)
        }
    end;

def finish_reason:
  {
    end_turn: "stop", stop_sequence: "stop", pause_turn: "stop", tool_use: "tool_calls", max_tokens: "length",
    model_context_window_exceeded: "length", refusal: "content_filter"
  }[.stop_reason // "end_turn"] // "stop";

def joined($type; $key): [.content[] | select(.type == $type) | .[$key]] | if . == [] then null else add end;

def tool_calls: [
  .content[] | select(.type == "tool_use")
  | {id, type: "function", function: {name, arguments: (.input | tojson)}}
];

def response:
  if .type != "message" then error({message: "The provider's answer is not a message."}) else . end
  | tool_calls as $calls
  | joined("thinking"; "thinking") as $thinking
  | {
      id,
      object: "chat.completion",
      created: (now | floor),
      model,
      choices: [{
        index: 0,
        message: (
          {role: "assistant", content: joined("text"; "text"), refusal: null}
          + (if ($thinking // "") == "" then {} else {reasoning_content: $thinking} end)
          + (if $calls == [] then {} else {tool_calls: $calls} end)),
        logprobs: null,
        finish_reason: finish_reason
      }]
    }
    + (usage
       | if . == null then {}
         else
           {usage: {
              prompt_tokens: .input,
              completion_tokens: .output,
              total_tokens: (.input + .output),
              prompt_tokens_details: {cached_tokens: .cached_input, cache_write_tokens: .cache_write},
              completion_tokens_details: {reasoning_tokens: .reasoning}
            }}
         end);

# Errors: {status, body} to the body of OpenAI's error of that kind.

# What stops the target for everybody is only looked for at the beginning: further on may stand what a caller wrote.
def is_out_of_money: startswith("your credit balance is too low") or startswith("you have reached your specified api usage");

def error_code:
  .status as $status
  | .body.error
  | (.message // "" | ascii_downcase) as $message
  | if $message | is_out_of_money then "insufficient_quota"
    elif $message | (contains("prompt is too long") or contains("exceed context limit")) then "context_length_exceeded"
    elif .type == "rate_limit_error" then "rate_limit_exceeded"
    elif .type == "authentication_error" then "invalid_api_key"
    elif .type == "not_found_error" and ($message | startswith("model")) then "model_not_found"
    elif .type == "overloaded_error" or $status == 529 then "overloaded"
    else null end;

def failure:
  {error: {
     message: (.body.error.message // "The provider answered \(.status)."),
     type: (.body.error.type // "api_error"),
     param: null,
     code: error_code
   }};
