"""Rules: what the proxy does wrong, to which requests, and how often.

A rule is a JSON object. Which requests:
    operation, region, stream   equal to this; left out: any. A call without a stream's name (GetRecords) matches every stream
    fraction                    of the matching requests, 0 to 1 (default 1), drawn from a seeded generator
    skip, times                 leave the first `skip` matching requests alone; then act `times` times (default: for ever)
What is done ("action"):
    delay           wait `ms` milliseconds, then go on with the next rule
    error           answer `status` (default 400) with the AWS error `code` and `message`, without asking the server
    garbage         answer 200 with bytes that are neither JSON nor CBOR
    not_answered    accept the request and never answer
    reset           reset the connection without asking the server
    drop_answer     pass the request on, throw the server's answer away and reset the connection
    fail_records    PutRecords: answer `record_fraction` of the records (default 0.5) with `code` (default
                    ProvisionedThroughputExceededException), pass the others on
    expire_iterator GetRecords: this iterator is expired from now on
    behind          GetRecords: the answer says MillisBehindLatest = `ms`
"""

import random

TERMINAL = {"error", "garbage", "not_answered", "reset", "drop_answer", "fail_records", "expire_iterator", "behind"}
ACTIONS = TERMINAL | {"delay"}
FIELDS = {"operation", "region", "stream", "fraction", "skip", "times", "action", "ms", "status", "code", "message", "record_fraction"}


class Rule:
    def __init__(self, settings):
        unknown = set(settings) - FIELDS
        if unknown or settings.get("action") not in ACTIONS:
            raise ValueError(f"unknown fields {sorted(unknown)} or action {settings.get('action')!r}")
        self.settings = settings
        self.action = settings["action"]
        self.left_to_skip = settings.get("skip", 0)
        self.left = settings.get("times")
        self.acted = 0

    def get(self, name, default=None):
        return self.settings.get(name, default)

    def matches(self, call):
        for field, value in (("operation", call.operation), ("region", call.region), ("stream", call.stream)):
            wanted = self.settings.get(field)
            if wanted is not None and wanted != value and not (field == "stream" and not value):
                return False
        return True

    def takes(self, call, rng):
        """Whether it acts on this call; counts it."""
        if not self.matches(call) or self.left == 0:
            return False
        if self.left_to_skip > 0:
            self.left_to_skip -= 1
            return False
        if rng.random() >= self.settings.get("fraction", 1):
            return False
        if self.left is not None:
            self.left -= 1
        self.acted += 1
        return True


class Rules:
    def __init__(self, settings=(), seed=1):
        self.rules = [Rule(s) for s in settings]
        self.rng = random.Random(seed)

    def for_call(self, call):
        """The rules that act on this call, in order: delays, then at most one other."""
        acting = []
        for rule in self.rules:
            if rule.takes(call, self.rng):
                acting.append(rule)
                if rule.action in TERMINAL:
                    break
        return acting

    def report(self):
        return [dict(rule.settings, acted=rule.acted) for rule in self.rules]
