# The Messages API as callers speak it, for targets that speak chat completions: the way back of anthropic.jq.

def adapter: {
  endpoints: {"/v1/messages": "/chat/completions"},
  opaque: {
    request: {
      values: ["tools[].input_schema", "messages[].content[].input", "output_config.format.schema"],
      plain: ["thinking.budget_tokens"]
    },
    response: {texts: ["choices[].message.tool_calls[].function.arguments"]}
  }
};

def refuse($message; $param): error({message: $message, param: $param});

# A name out of the caller's request, short enough for a message.
def shown: if type == "string" then .[0:64] else type end;

# Fields, sorted by what becomes of them. One that stands nowhere is refused: it might mean something.

def translated: [
  "model", "messages", "system", "max_tokens", "stop_sequences", "temperature", "top_p", "tools", "tool_choice",
  "thinking", "output_config", "metadata"
];

# Hints, and what has no effect on the answer.
def dropped: ["stream", "service_tier", "cache_control", "inference_geo"];

def check_fields:
  reduce (to_entries[] | select(.value != null and (.key | IN(translated[], dropped[]) | not))) as $field (.;
    refuse("`\($field.key | shown)` is not supported by this model's provider."; $field.key | shown));

# Content

def image_url:
  if .source.type == "base64" then "data:\(.source.media_type);base64,\(.source.data)"
  elif .source.type == "url" then .source.url
  else refuse("An image's source must be `base64` or `url`."; "messages") end;

def part:
  if .type == "text" then {type: "text", text}
  elif .type == "image" then {type: "image_url", image_url: {url: image_url}}
  elif .type == "document" and .source.type == "text" then {type: "text", text: .source.data}
  else refuse("Content of type `\(.type | shown)` is not supported by this model's provider."; "messages") end;

# One text is a text: not every server takes lists.
def simplified: if length == 1 and .[0].type == "text" then .[0].text else . end;

def blocks:
  if type == "string" then [{type: "text", text: .}]
  elif type == "array" then .
  else refuse("A message's `content` must be a text or a list of blocks."; "messages") end;

def joined: [.[] | select(.type == "text") | .text] | if . == [] then null else add end;

# Turns: one may become several messages, because results of tools are messages of their own.

def tool_result:
  {role: "tool", tool_call_id: .tool_use_id,
   content: (if (.content // "") == "" then "" else (.content | blocks | map(part)
     | if all(.type == "text") then (joined // "")
       else refuse("Only texts can be a tool's result with this model's provider."; "messages") end) end)};

def user_turns:
  (.content | blocks) as $blocks
  | ($blocks[] | select(.type == "tool_result") | tool_result),
    ([$blocks[] | select(.type != "tool_result") | part] | select(. != []) | {role: "user", content: simplified});

def tool_call: {id, type: "function", function: {name, arguments: (.input | tojson)}};

# What a model thought is not told to another one.
def assistant_turn:
  [.content | blocks[] | select(.type | IN("thinking", "redacted_thinking") | not)] as $blocks
  | [$blocks[] | select(.type == "tool_use") | tool_call] as $calls
  | [$blocks[] | select(.type != "tool_use") | part | if .type == "text" then . else
      refuse("An assistant's message may hold texts and tool calls only."; "messages") end] as $texts
  | {role: "assistant", content: ($texts | joined)}
    + (if $calls == [] then {} else {tool_calls: $calls} end);

def turns:
  if .role == "user" then user_turns
  elif .role == "assistant" then assistant_turn
  else refuse("Messages of role `\(.role | shown)` are not supported."; "messages") end;

def system:
  if (.system // "") == "" or .system == [] then []
  else [{role: "system", content: (.system | blocks | map(part) | simplified)}] end;

# Tools

def tool:
  if .type == null or .type == "custom" then
    {type: "function",
     function: ({name} + (if .description == null then {} else {description} end) + {parameters: .input_schema}
       + (if .strict == true then {strict: true} else {} end))}
  else refuse("Tools of type `\(.type | shown)` are not supported by this model's provider."; "tools") end;

def tool_choice:
  if .type == "auto" then "auto"
  elif .type == "any" then "required"
  elif .type == "none" then "none"
  elif .type == "tool" then {type: "function", function: {name}}
  else refuse("This `tool_choice` is not supported."; "tool_choice") end;

def tools:
  if (.tools // []) == [] then {}
  else
    {tools: (.tools | map(tool))}
    + (if .tool_choice == null then {} else {tool_choice: (.tool_choice | tool_choice)} end)
    + (if .tool_choice.disable_parallel_tool_use == true then {parallel_tool_calls: false} else {} end)
  end;

# The rest

def effort:
  if .output_config.effort != null then
    {reasoning_effort: (.output_config.effort | if IN("low", "medium", "high") then . else "high" end)}
  elif .thinking.type == "enabled" then
    {reasoning_effort: (.thinking.budget_tokens // 0
       | if . <= 2048 then "low" elif . <= 8192 then "medium" else "high" end)}
  else {} end;

def response_format:
  .output_config.format
  | if . == null then {}
    elif .type == "json_schema" then
      {response_format: {type: "json_schema", json_schema: {name: "output", strict: true, schema: .schema}}}
    else refuse("An `output_config.format` of type `\(.type | shown)` is not supported."; "output_config") end;

def taken($fields): with_entries(select(.value != null and (.key | IN($fields[]))));

def request:
  check_fields
  | {model, messages: (system + [.messages[] | turns])}
    + (if .max_tokens == null then {} else {max_completion_tokens: .max_tokens} end)
    + tools
    + effort
    + response_format
    + (if (.stop_sequences // []) == [] then {} else {stop: .stop_sequences} end)
    + taken(["temperature", "top_p"])
    + (if .metadata.user_id == null then {} else {user: .metadata.user_id} end);

# Answers

def stop_reason:
  {stop: "end_turn", length: "max_tokens", tool_calls: "tool_use", function_call: "tool_use", content_filter: "refusal"}
  [.finish_reason // "stop"] // "end_turn";

def thinking:
  (.reasoning_content // .reasoning // "")
  | if type == "string" and . != "" then [{type: "thinking", thinking: ., signature: ""}] else [] end;

def content:
  thinking
  + ((.content // .refusal // "") | if . == "" then [] else [{type: "text", text: ., citations: null}] end)
  + [(.tool_calls // [])[]
     | {type: "tool_use", id, name: .function.name,
        input: (.function.arguments | if . == null or . == "" then {} else fromjson end)}];

# Their input has what was read from the cache or written to it; Anthropic's leaves that out.
def counts:
  (.prompt_tokens_details.cached_tokens // 0) as $read
  | (.prompt_tokens_details.cache_write_tokens // 0) as $write
  | {
      input_tokens: ([(.prompt_tokens // 0) - $read - $write, 0] | max),
      cache_creation_input_tokens: $write,
      cache_read_input_tokens: $read,
      output_tokens: (.completion_tokens // 0)
    };

def response:
  if (.choices | type) != "array" or (.choices | length) == 0 then
    error({message: "The provider's answer is not a chat completion."})
  else . end
  | {
      id: (if (.id // "") | startswith("msg_") then .id else "msg_\(.id // "")" end),
      type: "message",
      role: "assistant",
      model,
      content: (.choices[0].message | content),
      stop_reason: (.choices[0] | stop_reason),
      stop_sequence: null,
      usage: (.usage // {} | counts)
    };

# The inner call has read it.
def usage: null;

# {status, body} of an error in OpenAI's dialect to Anthropic's envelope.

def error_type:
  {"400": "invalid_request_error", "401": "authentication_error", "402": "billing_error", "403": "permission_error",
   "404": "not_found_error", "413": "request_too_large", "429": "rate_limit_error", "504": "timeout_error",
   "529": "overloaded_error", "503": "overloaded_error"}
  [.status | tostring] // (if .status >= 500 then "api_error" else "invalid_request_error" end);

def failure:
  {type: "error",
   error: {type: error_type, message: ((.body | if type == "object" then .error else null end
     | if type == "object" then .message else . end) // "The provider answered \(.status).")},
   request_id: null};
