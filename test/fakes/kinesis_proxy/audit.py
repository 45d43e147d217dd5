"""What is checked on every request, and counted: Kinesis' limits, our own sink's limits, and that nothing accepted is sent again.

A record is *accepted* once the client was told so. Where the answer was thrown away the client cannot know: such records are *unknown*, and
sending them again is no violation (it is counted). Records are told apart by `identity`: "data" (the default: tests give each record its own),
"record" (partition key and data), or "off".
"""

import hashlib
from collections import Counter, defaultdict

from kinesis_proxy.wire import data_of

MAX_RECORDS = 500
SINK_BYTES = 4_000_000         # our sink's own limit, data and partition keys; a larger record travels alone
AWS_BYTES = 5 * 1024 * 1024    # of a request
RECORD_BYTES = 1024 * 1024     # data and partition key of a record
KEPT = 100                     # violations kept word for word


class Audit:
    def __init__(self, identity="data"):
        self.identity = identity
        self.requests = Counter()             # by operation
        self.access_keys = set()              # that requests were signed with
        self.errors = Counter()               # error codes that the client got, from us or from the server
        self.records_sent = 0
        self.records_accepted = 0
        self.records_refused = 0
        self.records_unknown = 0
        self.resent_after_unknown = 0
        self.max_records = self.max_bytes = 0  # of one PutRecords
        self.in_flight = self.max_in_flight = 0
        self.last_batches = []                 # (records, bytes) of the last PutRecords
        self.violations = Counter()
        self.examples = []
        self.seen = defaultdict(dict)          # stream -> digest -> "accepted" | "unknown"

    def violation(self, kind, text):
        self.violations[kind] += 1
        if len(self.examples) < KEPT:
            self.examples.append(f"{kind}: {text}")

    def digest(self, record):
        key = record.get("PartitionKey", "").encode() + b"\0" if self.identity == "record" else b""
        return hashlib.blake2b(key + data_of(record), digest_size=12).digest()

    def put_records(self, region, stream, records):
        """Before anything else happens to a PutRecords."""
        sizes = [len(data_of(r)) + len(r.get("PartitionKey", "").encode()) for r in records]
        total = sum(sizes)
        self.records_sent += len(records)
        self.max_records, self.max_bytes = max(self.max_records, len(records)), max(self.max_bytes, total)
        self.last_batches = (self.last_batches + [(len(records), total)])[-50:]
        if not 1 <= len(records) <= MAX_RECORDS:
            self.violation("records", f"{len(records)} records in one PutRecords to {stream}, allowed: 1 to {MAX_RECORDS}")
        if total > SINK_BYTES and len(records) > 1:
            self.violation("sink bytes", f"{total} bytes in one PutRecords of {len(records)} records to {stream}, allowed: {SINK_BYTES}")
        if total > AWS_BYTES:
            self.violation("request bytes", f"{total} bytes in one PutRecords to {stream}, Kinesis allows {AWS_BYTES}")
        for record, size in zip(records, sizes):
            if size > RECORD_BYTES:
                self.violation("record bytes", f"a record of {size} bytes for {stream}, Kinesis allows {RECORD_BYTES}")
            if not 1 <= len(record.get("PartitionKey", "")) <= 256:
                self.violation("partition key", f"a partition key of {len(record.get('PartitionKey', ''))} characters, allowed: 1 to 256")
        if self.identity != "off":
            seen = self.seen[region, stream]
            for record in records:
                state = seen.get(self.digest(record))
                if state == "accepted":
                    self.violation("sent again", f"a record of {stream} that was accepted before: {data_of(record)[:200]!r}")
                elif state == "unknown":
                    self.resent_after_unknown += 1

    def outcome(self, region, stream, records, accepted, known=True):
        """accepted: for each record whether the server took it; known: whether the client gets to see it."""
        for record, ok in zip(records, accepted):
            if not ok:
                self.records_refused += 1
                continue
            self.records_accepted += known
            self.records_unknown += not known
            if self.identity != "off":
                self.seen[region, stream][self.digest(record)] = "accepted" if known else "unknown"

    def begin(self, operation):
        self.requests[operation] += 1
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def end(self):
        self.in_flight -= 1

    def report(self):
        names = ("records_sent", "records_accepted", "records_refused", "records_unknown", "resent_after_unknown", "max_records", "max_bytes", "in_flight",
                 "max_in_flight", "last_batches")
        return {"requests": dict(self.requests), "errors": dict(self.errors), "access_keys": sorted(self.access_keys), "violations": dict(self.violations), "examples": self.examples,
                **{name: getattr(self, name) for name in names}}
