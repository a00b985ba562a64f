"""Small helpers to write JSON schemas in the strict dialect: every property required, nothing else allowed."""


def text():
    return {"type": "string"}


def number():
    return {"type": "number"}


def integer():
    return {"type": "integer"}


def maybe(schema):
    return {**schema, "type": [schema["type"], "null"]}


def choice(*values):
    return {"type": "string", "enum": list(values)}


def array(items):
    return {"type": "array", "items": items}


def record(**properties):
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
