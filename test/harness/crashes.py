"""Kill loops: the real binary on a pipeline of the user's page, killed at random moments, and what its output must then be."""

import json
import random
import tempfile
import time
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

from harness import aggregators
from harness.laminar import Laminar
from harness.pages import (
    clicks, expected_alert, expected_checks, expected_metrics, expected_order, found_alert, found_check, found_metric, found_order, reading, time_text,
    transaction_record, transactions)
from harness.process import wait_for
from harness.servers import boto_client
from harness.sql import page
from harness.streams import StreamReader, create_stream, merge_neighbours, open_shards, put_all, put_to_each_shard, split_shard

INTERVAL = 0.3    # seconds from one checkpoint to the next
SLACK = 2.5       # arrival times in whole seconds; a checkpoint's own duration


def plain(value):
    """Equal numbers are written alike: 0 and 0.0, 1.50 and 1.5."""
    if isinstance(value, Decimal) or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return str(Decimal(str(value)).normalize())
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def freeze(value):
    """A value that can be counted: equal texts for equal values."""
    return json.dumps(plain(value), sort_keys=True, default=str)


class Page:
    """A pipeline of the page. rows: (bytes) in the order in which they are put; last: what is put to each shard at the end, to close windows."""

    def __init__(self, name, source, sink, rows, expected, found, last=None, region="us-east-1", sink_region=None):
        self.name, self.source, self.sink = name, source, sink
        self.rows, self.last = rows, last
        self.expected = Counter(map(freeze, expected))
        self.found = lambda data: freeze(found(data))
        self.region, self.sink_region = region, sink_region or region


def make_page(name, rng, rows):
    if name == "replication":
        texts = [f'{{"order_id": {n}, "customer_id": "c-{n % 7}", "items": [{n}], "total_amount": {n}.{n % 100:02d}, "order_time": "2026-01-01T00:00:00Z"}}'
                 for n in range(rows)]
        return Page(name, "orders", "orders-replica", [t.encode() for t in texts], [expected_order(t) for t in texts], found_order, sink_region="us-west-2")
    if name == "iot":
        readings = [reading(n, 25 + rng.uniform(0, 30)) for n in range(rows)]
        return Page(name, "iot-sensors", "iot-alerts", [json.dumps(r).encode() for r in readings], [a for a in map(expected_alert, readings) if a],
                    found_alert, region="eu-west-1")
    if name == "clickstream":
        clicked = clicks(rng)
        return Page(name, "clickstream-raw", "page-metrics", [json.dumps(r).encode() for r in clicked], expected_metrics(clicked), found_metric,
                    last=json.dumps(dict(clicked[0], event_time=time_text(3600))).encode())
    made = transactions(rng)
    return Page(name, "financial-transactions", "fraud-detection", [json.dumps(transaction_record(r)).encode() for r in made],
                [list(pair) for pair in expected_checks(made).items()], lambda data: list(found_check(data)[0]),
                last=json.dumps(transaction_record(dict(made[0], transaction_id="last", seconds=5 * 3600.0))).encode())


def with_sink_options(sql, sink, options):
    """The page's script with more options in the table of the sink."""
    at = sql.index(f"'{sink}'") + len(sink) + 2
    return sql[:at] + "".join(f",\n    '{name}' = '{value}'" for name, value in options.items()) + sql[at:]


class CrashLoop:
    def __init__(self, page_of, mode, endpoint, rng, direct=None, reshards=True, aggregation="none", binary_arguments=(), log=print):
        """endpoint: what the binary talks to. direct: region -> the server itself, where `endpoint` is a proxy that harms. aggregation: of the sink."""
        self.page, self.mode, self.endpoint, self.rng, self.reshards, self.log = page_of, mode, endpoint, rng, reshards, log
        self.aggregated = aggregation == "kpl"
        direct = direct or {}
        self.arguments = list(binary_arguments)
        self.folder = tempfile.TemporaryDirectory(prefix="laminar-crash-")
        self.script = Path(self.folder.name) / "pipeline.sql"
        options = {"sink.aggregation": aggregation}
        if mode == "exactly_once":
            options |= {"sink.delivery": "exactly_once", "sink.fence_wait": "100ms"}
        self.script.write_text(with_sink_options(page(page_of.name), page_of.sink, options))
        self.source = boto_client(direct.get(page_of.region, endpoint), page_of.region)
        self.sink = boto_client(direct.get(page_of.sink_region, endpoint), page_of.sink_region)
        self.harmed = bool(direct)  # requests whose answer is lost are sent again at least once
        self.kills = []       # (time of the newest checkpoint, time of the kill)
        self.put = 0

    def start(self):
        parallelism = str(self.rng.choice([1, 1, 2, 3]))
        return Laminar(["run", "--state-dir", str(Path(self.folder.name) / "state"), "--checkpoint-interval", f"{int(INTERVAL * 1000)}ms", "-p", parallelism,
                        *self.arguments, str(self.script)], endpoint=self.endpoint, environment={"AWS_REGION": self.page.region})

    def newest_checkpoint(self):
        newest = 0.0
        for manifest in (Path(self.folder.name) / "state").glob("manifest-*"):
            newest = max(newest, json.loads(manifest.read_bytes()[32:])["taken_micros"] / 1e6)
        return newest

    def reshard(self):
        shards = open_shards(self.source, self.page.source)
        if len(shards) < 4 and self.rng.random() < 0.6:
            split_shard(self.source, self.page.source, self.rng.choice(shards))
        elif len(shards) > 1:
            merge_neighbours(self.source, self.page.source)

    def run(self, kills):
        create_stream(self.source, self.page.source, 2)
        create_stream(self.sink, self.page.sink, 2)
        share = max(1, len(self.page.rows) // (kills + 1))
        for number in range(kills):
            laminar = self.start()
            try:
                if number == 0:  # a source that begins at `latest` sees what comes from then on
                    laminar.wait_reading()
                elif self.rng.random() < 0.8:
                    laminar.wait_reading(60)
                self.put += put_all(self.source, self.page.source, self.page.rows[self.put:self.put + share])
                if self.reshards and self.rng.random() < 0.25:
                    self.reshard()
                time.sleep(self.rng.uniform(0, 4 * INTERVAL))
                assert laminar.process.poll() is None, laminar.describe()
                killed = time.time()
                laminar.process.kill()
                laminar.process.wait()
                self.kills.append((self.newest_checkpoint(), killed))
            finally:
                laminar.kill()
        laminar = self.start().wait_reading(60)
        try:
            put_all(self.source, self.page.source, self.page.rows[self.put:])
            if self.page.last:
                put_to_each_shard(self.source, self.page.source, self.page.last)
            reader, opened, wanted = StreamReader(self.sink, self.page.sink), time.monotonic(), set(self.page.expected)

            def complete():
                nonlocal reader, opened
                if time.monotonic() - opened > 3:  # an iterator can pass over records of a request that was being taken when it stood at the tip
                    reader, opened = StreamReader(self.sink, self.page.sink), time.monotonic()
                for row, _ in self.rows_of(reader.poll()):
                    wanted.discard(row)
                assert laminar.process.poll() is None, laminar.describe()
                return not wanted

            wait_for(complete, 60, lambda: f"{len(wanted)} rows of {self.page.name} are missing, such as {sorted(wanted)[:3]}\n{laminar.describe()}")
            assert laminar.stop() == 0, laminar.describe()
        finally:
            laminar.kill()
        return self.check(StreamReader(self.sink, self.page.sink).read_to_tip())

    def rows_of(self, records):
        """(row, when it arrived) of all rows in records of the sink."""
        if not self.aggregated:
            return [(self.page.found(record.data), record.arrived) for record in records]
        users = aggregators.Python.take_apart(records)
        return [(self.page.found(data), record.arrived) for record, inside in zip(records, users, strict=True) for _, data in inside]

    def check(self, records):
        rows = self.rows_of(records)
        found = Counter(row for row, _ in rows)
        strange = [row for row in found if row not in self.page.expected]
        assert not strange, f"{len(strange)} rows that should not be, such as {strange[:3]}"
        missing = [row for row in self.page.expected if found[row] < self.page.expected[row]]
        assert not missing, f"{len(missing)} rows are missing, such as {missing[:3]}"
        doubles = sum(found.values()) - sum(self.page.expected.values())
        if self.mode == "exactly_once":
            assert doubles == 0, f"{doubles} rows came twice, such as {[r for r in found if found[r] > self.page.expected[r]][:3]}"
        else:
            self.check_doubles(rows, found)
        self.log(f"{self.page.name} {self.mode}: {len(self.kills)} kills, {sum(self.page.expected.values())} rows expected, {doubles} doubled")
        return doubles

    def check_doubles(self, rows, found):
        """A row comes again only if it was first sent after the checkpoint that the next run began with."""
        copies = defaultdict(list)
        for row, arrived in rows:
            if found[row] > self.page.expected[row]:
                copies[row].append(arrived)
        for row, times in copies.items():
            times.sort()
            for first, again in zip(times, times[1:]):
                assert self.harmed or any(first <= killed + SLACK and again >= killed - SLACK and first >= checkpoint - SLACK for checkpoint, killed in self.kills), \
                    f"a row came at {first} and again at {again}, but no kill lies between: {row}; {self.kills}"


def crash(name, mode, endpoint, kills, seed, log=print, **options):
    rng = random.Random(seed)
    loop = CrashLoop(make_page(name, rng, 3000), mode, endpoint, rng, log=log, **options)
    try:
        return loop.run(kills)
    finally:
        loop.folder.cleanup()
