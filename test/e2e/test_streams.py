"""Much data, and shards that split and merge while it flows: everything once, every key in its order."""

import json
import threading
import time
from collections import defaultdict

import pytest

from harness.process import wait_for
from harness.servers import boto_client
from harness.sql import copy, printed
from harness.streams import create_stream, merge_neighbours, open_shards, put_all, read_all, split_shard


def numbered(numbers):
    """(key, row) pairs; each key has its own numbers, in order."""
    return [(f"key-{n % 16}", json.dumps({"n": n, "k": f"key-{n % 16}"}).encode()) for n in numbers]


def numbers_of(records):
    return [json.loads(r.data)["n"] for r in records]


@pytest.mark.long
@pytest.mark.timeout(300)
def test_backlog_of_200_000_records(ferrokinesis, new_name, laminar):
    client = ferrokinesis.client()
    source, sink = new_name("backlog"), new_name("backlog-copied")
    create_stream(client, source, 4)
    create_stream(client, sink, 4)
    count = 200_000
    put_all(client, source, (b'{"n": %d, "k": "some text to carry %d"}' % (n, n) for n in range(count)))
    run = laminar("run", "--until-caught-up", script=copy(source, sink), endpoint=ferrokinesis.endpoint)
    run.expect(0, timeout=120)
    found = numbers_of(read_all(client, sink))
    assert len(found) == count and set(found) == set(range(count))


def test_until_caught_up_ends_at_the_tip_of_the_start(any_server, new_name, laminar):
    client = any_server.client()
    source, sink = new_name("bounded"), new_name("bounded-copied")
    create_stream(client, source, 3)
    create_stream(client, sink, 1)
    put_all(client, source, numbered(range(300)))
    laminar("run", "--until-caught-up", script=copy(source, sink), endpoint=any_server.endpoint).expect(0)
    assert sorted(numbers_of(read_all(client, sink))) == list(range(300))
    # An empty stream has a tip too.
    empty = new_name("empty")
    create_stream(client, empty, 2)
    laminar("run", "--until-caught-up", script=copy(empty, sink), endpoint=any_server.endpoint).expect(0)


def test_a_start_by_time(any_server, new_name, laminar):
    client = any_server.client()
    source, sink = new_name("by-time"), new_name("by-time-copied")
    create_stream(client, source, 2)
    create_stream(client, sink, 1)
    put_all(client, source, numbered(range(100)))
    time.sleep(2.1)  # arrival times are whole seconds on some servers
    start = int(time.time())
    put_all(client, source, numbered(range(100, 200)))
    script = copy(source, sink, offset="timestamp", source_timestamp=str(start))
    laminar("run", "--until-caught-up", script=script, endpoint=any_server.endpoint).expect(0)
    assert sorted(numbers_of(read_all(client, sink))) == list(range(100, 200))


# What aws_kinesis_agg 1.2.3 made of {"n":1} with the key a, {"n":2} with the key b and the hash key 17, and nothing with the key a.
AGGREGATED = bytes.fromhex(
    "f3899ac20a01610a0162120231371a0b08001a077b226e223a317d1a0d080110001a077b226e223a327d1a0408001a00f616241bc884cf8d1936ba7e3b01d7c4")


def test_aggregated_records_are_taken_apart(any_server, new_name, laminar):
    client = any_server.client()
    source, sink = new_name("aggregated"), new_name("aggregated-copied")
    create_stream(client, source, 1)
    create_stream(client, sink, 1)
    put_all(client, source, [("a", b'{"n":0}'), ("a", AGGREGATED), ("a", b'{"n":3}')])
    laminar("run", "--until-caught-up", script=copy(source, sink, columns="n BIGINT"), endpoint=any_server.endpoint).expect(0)
    assert sorted(numbers_of(read_all(client, sink))) == [0, 1, 2, 3]


class Flow(threading.Thread):
    """Puts numbered rows, some a time, until told to stop."""

    def __init__(self, client, stream, at_once, pause):
        super().__init__(daemon=True)
        self.client, self.stream, self.at_once, self.pause = client, stream, at_once, pause
        self.count = 0
        self.over = threading.Event()
        self.problem = None
        self.start()

    def run(self):
        try:
            while not self.over.wait(self.pause):
                # One at a time for each key: PutRecords promises no order within a request that fails in part.
                put_all(self.client, self.stream, numbered(range(self.count, self.count + self.at_once)))
                self.count += self.at_once
        except Exception as problem:  # shown by finish()
            self.problem = problem

    def wait_for_more(self, rows):
        wanted = self.count + rows
        wait_for(lambda: self.problem or self.count >= wanted, 30, "rows to flow")

    def finish(self):
        self.over.set()
        self.join(30)
        assert self.problem is None, self.problem
        return self.count


@pytest.mark.parametrize("parallelism", [1, 4])
@pytest.mark.parametrize("server", ["kinesis-local", "ferrokinesis", "kinesalite"])
def test_split_and_merge_while_records_flow(server, parallelism, server_pool, new_name, laminar):
    server = server_pool(server)
    client = server.client()
    stream = new_name("reshard")
    create_stream(client, stream, 2)
    run = laminar("run", "--parallelism", parallelism, script=printed(stream, offset="latest"), endpoint=server.endpoint).wait_reading()
    flow = Flow(boto_client(server.endpoint, "us-east-1"), stream, at_once=16, pause=0.03)
    flow.wait_for_more(160)
    split_shard(client, stream, open_shards(client, stream)[0])
    flow.wait_for_more(160)
    merge_neighbours(client, stream)
    flow.wait_for_more(160)
    split_shard(client, stream, open_shards(client, stream)[-1])
    merge_neighbours(client, stream)
    flow.wait_for_more(160)
    count = flow.finish()
    wait_for(lambda: len(run.rows()) >= count, 30, lambda: f"{count} rows, have {len(run.rows())}: {run.describe()}")
    assert run.stop() == 0, run.describe()

    rows = run.rows()
    assert sorted(row["n"] for row in rows) == list(range(count))
    order = defaultdict(list)
    for row in rows:
        order[row["k"]].append(row["n"])
    for key, numbers in order.items():
        assert numbers == sorted(numbers), f"{key} out of order"


def test_resharded_backlog_is_read_whole(any_server, new_name, laminar):
    """Closed parents, several generations, from `earliest`."""
    client = any_server.client()
    stream = new_name("generations")
    create_stream(client, stream, 2)
    count = 0
    for step in (lambda: split_shard(client, stream, open_shards(client, stream)[0]), lambda: merge_neighbours(client, stream),
                 lambda: merge_neighbours(client, stream), lambda: None):
        put_all(client, stream, numbered(range(count, count + 64)))
        count += 64
        step()
    run = laminar("run", "--until-caught-up", script=printed(stream), endpoint=any_server.endpoint).expect(0)
    order = defaultdict(list)
    for row in run.rows():
        order[row["k"]].append(row["n"])
    assert sorted(n for numbers in order.values() for n in numbers) == list(range(count))
    assert all(numbers == sorted(numbers) for numbers in order.values())


def test_latest_means_from_reading_on(any_server, new_name, laminar):
    client = any_server.client()
    stream = new_name("latest")
    create_stream(client, stream, 3)
    put_all(client, stream, numbered(range(90)))
    run = laminar("run", script=printed(stream, offset="latest"), endpoint=any_server.endpoint).wait_reading()
    for n in range(100, 130):
        put_all(client, stream, numbered([n]))
    wait_for(lambda: len(run.rows()) >= 30, 20, run.describe)
    assert run.stop() == 0
    assert sorted(row["n"] for row in run.rows()) == list(range(100, 130))
