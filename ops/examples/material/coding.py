"""Programming tasks: writing, reviewing, explaining and mending code in several languages."""

WRITE = [
    ("Python", "a context manager that changes the working directory and comes back even if the body raises"),
    ("Swift", "an actor that memoizes an async function and lets concurrent callers of one key share one call"),
    ("SQL", "a query for each customer's longest streak of consecutive days with an order (PostgreSQL)"),
    ("Bash", "a script that keeps the newest seven of a directory's dated backup folders and says what it removed"),
    ("Rust", "an iterator adapter that yields the running median of a stream of f64"),
    ("Go", "an HTTP middleware that limits requests per client address with a token bucket and forgets idle clients"),
    ("TypeScript", "a function that deep-compares two JSON values and returns the list of JSON pointers that differ"),
    ("C", "a ring buffer for one producer and one consumer thread with acquire and release ordering only"),
    ("Kotlin", "a parser for ISO 8601 durations without any library"),
    ("Lua", "a Redis script that moves up to N due members from a sorted set to a stream, atomically"),
    ("Haskell", "a pretty-printer for a small lambda calculus with as few parentheses as possible"),
    ("JavaScript", "a debounce that can be flushed and cancelled, with trailing and leading calls"),
    ("Perl", "a one-liner that prints lines occurring in a.txt but not in b.txt, keeping their order"),
    ("R", "a plot of survival curves for two groups with confidence bands and a risk table"),
]
REVIEW = [
    ("Python", "def add(item, seen=[]):\n    if item in seen: return False\n    seen.append(item)\n    return True"),
    ("Go", "for _, u := range users {\n\tgo func() { results <- fetch(u.ID) }()\n}\nclose(results)"),
    ("C", "char *trim(char *s) {\n  char buf[64];\n  strcpy(buf, s);\n  int n = strlen(buf);\n  while (buf[n] == ' ') buf[n--] = 0;\n  return buf;\n}"),
    ("SQL", "SELECT * FROM orders WHERE customer_id NOT IN (SELECT referred_by FROM customers);"),
    ("Java", "if (cache.get(key) == null) cache.put(key, load(key));\nreturn cache.get(key).clone();"),
    ("Swift", "Task { [self] in\n    while true {\n        await poll()\n        try? await Task.sleep(for: .seconds(1))\n    }\n}"),
    ("JavaScript", "const total = items.reduce((sum, i) => sum + parseInt(i.price * 100)) / 100;"),
    ("Bash", "for f in $(ls *.log); do\n  cat $f | grep -v DEBUG > $f\ndone"),
    ("Rust", "let mut v: Vec<u8> = Vec::with_capacity(n);\nunsafe { v.set_len(n); }\nfile.read(&mut v)?;"),
    ("Python", "async def handler(req):\n    data = requests.get(URL + req.query['id'], verify=False).json()\n    return eval(data['rule'])"),
    ("TypeScript", "useEffect(() => {\n  fetch(`/api/${id}`).then(r => r.json()).then(setUser);\n}, []);"),
    ("Dockerfile", "FROM ubuntu:latest\nCOPY . /app\nRUN apt-get install -y python3 && pip install -r /app/requirements.txt\nCMD python3 /app/main.py"),
]
EXPLAIN = [
    "Why can `a + b > a` be optimised to `true` in C for signed but not for unsigned integers?",
    "What does `SELECT … FOR UPDATE SKIP LOCKED` do, and why do job queues like it?",
    "Why does `0.1 + 0.2 != 0.3`, and when should I use decimals, integers or rationals instead?",
    "Explain the difference between a mutex, a semaphore and a condition variable with one kitchen as the example.",
    "When does a B-tree index on (a, b) help a query that only filters on b?",
    "What is the ABA problem and how do hazard pointers avoid it?",
    "How does `git rebase --onto` work? Use a picture made of letters.",
    "Why is it hard to make a distributed lock with leases safe without fencing tokens?",
    "What is head-of-line blocking in HTTP/1.1, HTTP/2 and HTTP/3?",
    "Explain monotonic, boot-time and wall clocks on Linux and which one a lease should use.",
    "Why should a password hash be slow, and what do Argon2's three parameters do?",
    "What is the difference between at-least-once and exactly-once, and who pays for the difference?",
    "How does copy-on-write interact with fork() in a process that holds 20 GB?",
    "What makes UTF-8 self-synchronising?",
]


def bodies(random):
    """40 requests for the larger model."""
    prompts = [f"Write, in {language}, {task}. Code first, then at most five sentences." for language, task in WRITE]
    prompts += [f"Review this {language} code. List each defect with its consequence, then show a corrected version."
                f"\n\n```\n{code}\n```" for language, code in REVIEW]
    prompts += EXPLAIN
    random.shuffle(prompts)
    for prompt in prompts:
        yield {
            "model": "gpt-4o",
            "messages": [
                {"role": "system", "content": "You are a careful senior engineer. Be exact, be brief."},
                {"role": "user", "content": prompt},
            ],
            "temperature": 0.2,
            "max_tokens": 400,
        }
