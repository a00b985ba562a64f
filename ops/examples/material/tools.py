"""Requests to assistants that may call tools, from six desks."""

import json

from .schemas import array, choice, integer, maybe, number, record, text


def tool(name, description, /, **properties):
    return {"type": "function", "function": {
        "name": name, "description": description, "strict": True, "parameters": record(**properties)}}


DESKS = [
    ("You run the front desk of a small hotel.",
     [tool("find_rooms", "Free rooms for a stay.", arrival=text(), nights=integer(), guests=integer()),
      tool("book_room", "Books a room for a guest.", room=text(), arrival=text(), nights=integer(), name=text()),
      tool("wake_up_call", "Schedules a call.", room=text(), time=text())],
     ["Two adults and a dog, arriving on 3 May for four nights. What do you have?",
      "Book room 12 from Friday for one night in the name of Abernathy, please.",
      "Wake 207 at a quarter to five. And 208 at five. And if 208 doesn't answer, 208 again.",
      "What time is breakfast?",
      "We'd like the same room as last year, the one with the bath by the window, 20 June, a week.",
      "Do you have anything tonight for five people who would rather not share a bathroom?",
      "Cancel my wake-up call, I'm awake."]),
    ("You answer questions about orders of a mail-order nursery.",
     [tool("order_status", "Looks an order up.", order=text()),
      tool("create_return", "Opens a return.", order=text(), items=array(text()), reason=choice("dead", "wrong", "regret")),
      tool("refund", "Refunds an amount.", order=text(), amount=number(), currency=choice("EUR", "GBP", "SEK"))],
     ["Where is order P-4471? The roses should not spend the weekend in a depot.",
      "Three of the five hostas in P-4502 came as brown string. I want new ones or my money.",
      "You sent me a fig. I ordered a quince. I like the fig. May I keep it and still get the quince?",
      "Refund the 12,50 € postage of P-4398 as promised on the phone.",
      "Is P-4610 going out before Easter?",
      "Everything in P-4233 died except the label. What now?",
      "I'd like to return the wheelbarrow of P-4581; it is fine, my back is not."]),
    ("You control a house. Ask before you do anything that cannot be undone.",
     [tool("set_temperature", "Sets a room's target.", room=text(), celsius=number()),
      tool("set_lights", "Sets lights.", room=text(), brightness=integer(), colour=maybe(text())),
      tool("lock", "Locks or unlocks a door.", door=text(), locked={"type": "boolean"})],
     ["It is freezing in the study and I'm in there until six.", "Movie night, living room.",
      "Lock everything, we are off to Lisbon for two weeks, and let the heating idle.",
      "Turn the hall light to something that does not wake a baby.", "Did I lock the back door?",
      "Make it cosy.", "Unlock the front door for the plumber at 14:00 and lock it when he's in."]),
    ("You are the data desk of a bike-share scheme. Prefer one query to several.",
     [tool("run_sql", "Runs a read-only query on tables trips(id, bike, from_dock, to_dock, started, ended) and "
           "docks(id, name, lat, lon, slots).", query=text()),
      tool("chart", "Draws a chart of the last result.", kind=choice("line", "bar", "map"), title=text())],
     ["Which ten docks are empty most often between 7 and 9 on weekdays?",
      "Plot trips per hour for last Saturday against the Saturday before.",
      "Is there a bike that has not moved for a month?",
      "How many trips end where they began, and how long are they?",
      "Show me a map of docks with fewer than twelve slots.",
      "Median trip length by month this year, as a line.",
      "Which pair of docks has the most one-way traffic?"]),
    ("You keep the diary of a busy surgeon. Times are local, weeks begin on Monday.",
     [tool("free_slots", "Free time on a day.", date=text(), minutes=integer()),
      tool("add_event", "Adds an event.", title=text(), start=text(), minutes=integer(), attendees=array(text())),
      tool("send_message", "Sends a short message.", to=text(), body=text())],
     ["Find an hour with Dr Petrov before Thursday, not before nine, not over lunch.",
      "Move tomorrow's dictation somewhere it hurts less.",
      "Tell theatre 4 I'm ten minutes late and push the second case accordingly.",
      "Block every Wednesday afternoon in November for the exam board.",
      "When did I last have a free weekend?", "Lunch with my daughter, any day next week, ninety minutes, non-negotiable."]),
    ("You are the dispatcher of a tow-truck firm.",
     [tool("nearest_truck", "The nearest free truck.", lat=number(), lon=number(), kind=choice("light", "heavy", "flatbed")),
      tool("dispatch", "Sends a truck.", truck=text(), address=text(), note=maybe(text())),
      tool("quote", "Price of a job.", kilometres=number(), kind=choice("light", "heavy", "flatbed"), night={"type": "boolean"})],
     ["A camper van, 3.8 tonnes, is nose-down in the ditch at 47.26, 11.39. Nobody hurt, one dog angry.",
      "What does it cost to bring a classic Alfa 60 km on a flatbed, tonight?",
      "My car is in the underground garage, height 1.90, and will not start. Which truck fits?",
      "Send T7 to Mill Lane 4 and tell him the gate code is the year the bridge was built.",
      "Two cars, one truck, same garage. Possible?",
      "I locked my keys in the boot. The boot is locked in the car. The car is on the ferry."]),
]


def bodies(random):
    """40 requests for the larger model, some in the middle of a conversation with a tool's answer."""
    for system, tools, requests in DESKS:
        for number, request in enumerate(requests):
            messages = [{"role": "system", "content": system}, {"role": "user", "content": request}]
            if number % 4 == 3:
                messages += answered_call(random, tools[0])
            yield {
                "model": "gpt-4o", "messages": messages, "tools": tools,
                "tool_choice": "required" if number % 5 == 2 else "auto",
                "parallel_tool_calls": number % 2 == 0, "max_tokens": 250,
            }


def answered_call(random, tool):
    """An earlier call of `tool` and its answer."""
    function, call = tool["function"], f"call_{random.randrange(16**12):012x}"
    arguments = {name: 3 if schema["type"] in ("integer", "number") else "tonight"
                 for name, schema in function["parameters"]["properties"].items()}
    answer = random.choice(["nothing found", "{\"items\": []}", "{\"error\": \"service is being restarted, try again\"}",
                            "{\"items\": [{\"id\": \"A1\", \"note\": \"last one\"}]}"])
    return [
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": call, "type": "function",
             "function": {"name": function["name"], "arguments": json.dumps(arguments)}}]},
        {"role": "tool", "tool_call_id": call, "content": answer},
    ]
