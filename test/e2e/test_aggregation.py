"""Aggregated records: what we write, AWS's modules and our own source read; what AWS's modules write, we read."""

import json
from collections import Counter, defaultdict

import pytest

from harness.aggregators import MODULES
from harness.sql import copy
from harness.streams import StreamReader, create_stream, open_shards, put_all, read_all, split_shard

ROWS, KEYS = 8000, 40


def numbered(count):
    return [(f"key {n % KEYS}", b'{"n": %d, "k": "key %d"}' % (n, n % KEYS)) for n in range(count)]


@pytest.fixture(params=MODULES, ids=lambda module: module.name)
def module(request):
    if request.param.missing():
        pytest.skip(request.param.missing())
    return request.param


@pytest.fixture
def aggregated(quick_server, new_name, laminar, tmp_path):
    """aggregated(exactly_once=, keyed=): the name of a stream of three shards with ROWS aggregated rows in it."""

    def write(exactly_once=False, keyed=False):
        client = quick_server.client()
        plain, written = new_name("plain"), new_name("aggregated")
        create_stream(client, plain, 1)
        create_stream(client, written, 3)
        put_all(client, plain, numbered(ROWS))
        options = {"sink_aggregation": "kpl"}
        if keyed:
            options |= {"sink_partition_key": "k", "sink_aggregation_key_groups": 6}
        arguments = []
        if exactly_once:
            options |= {"sink_delivery": "exactly_once", "sink_fence_wait": "100ms"}
            arguments = ["--state-dir", tmp_path / "state", "--checkpoint-interval", "200ms"]
        run = laminar("run", "--until-caught-up", *arguments, script=copy(plain, written, sink_options=options), endpoint=quick_server.endpoint)
        run.expect(0, timeout=60)
        return written

    return write


@pytest.mark.parametrize("keyed", [False, True], ids=["generated keys", "sink.partition_key"])
@pytest.mark.parametrize("exactly_once", [False, True], ids=["at_least_once", "exactly_once"])
def test_awss_modules_read_what_we_write(aggregated, quick_server, module, exactly_once, keyed):
    records = read_all(quick_server.client(), aggregated(exactly_once, keyed))
    taken = module.take_apart(records)
    assert max(len(users) for users in taken) >= 200
    assert len(records) < ROWS / 100
    by_key, shards = defaultdict(list), defaultdict(set)
    for record, users in zip(records, taken):
        for key, data in users:
            row = json.loads(data)
            by_key[row["k"]].append(row["n"])
            shards[row["k"]].add(record.shard)
            if keyed:
                assert key == row["k"]
            else:
                assert key == record.key.split("\x1f")[0]
    if keyed:
        assert all(len(on) == 1 for on in shards.values())
        assert by_key == {f"key {k}": list(range(k, ROWS, KEYS)) for k in range(KEYS)}
    else:
        assert sorted(n for rows in by_key.values() for n in rows) == list(range(ROWS))


@pytest.mark.parametrize("keyed", [False, True], ids=["generated keys", "sink.partition_key"])
def test_our_source_reads_what_we_write(aggregated, quick_server, new_name, laminar, keyed):
    """With kpl.check_range, as the Kinesis Client Library reads: a record with a row of another shard would be missing."""
    client = quick_server.client()
    written, copied = aggregated(keyed=keyed), new_name("copied")
    create_stream(client, copied, 1)
    laminar("run", "--until-caught-up", script=copy(written, copied), endpoint=quick_server.endpoint).expect(0, timeout=60)
    assert Counter(json.loads(record.data)["n"] for record in read_all(client, copied)) == Counter(range(ROWS))


@pytest.mark.parametrize("keyed", [False, True], ids=["generated keys", "sink.partition_key"])
def test_a_split_in_the_middle_loses_nothing(quick_server, new_name, laminar, keyed):
    """The writer knows nothing of it: rows of both children were in one record before, and still are."""
    client = quick_server.client()
    plain, written, copied = new_name("plain"), new_name("split"), new_name("copied")
    for stream in (plain, written, copied):
        create_stream(client, stream, 1)
    options = {"sink_aggregation": "kpl", "sink_batch_flush_interval_millis": 50}
    if keyed:
        options |= {"sink_partition_key": "k", "sink_aggregation_key_groups": 3}
    writer = laminar("run", script=copy(plain, written, sink_options=options), endpoint=quick_server.endpoint)
    reader = laminar("run", script=copy(written, copied), endpoint=quick_server.endpoint)
    seen = StreamReader(client, copied)
    rows = numbered(3000)
    for part in range(3):
        put_all(client, plain, rows[part * 1000:(part + 1) * 1000])
        split_shard(client, written, open_shards(client, written)[-1])
        seen.read_until((part + 1) * 1000)
    count = 3000
    while len({record.shard for record in read_all(client, written)}) == 1:  # generated keys may all fall into one
        count += 1
        assert count < 3100
        put_all(client, plain, numbered(count)[-1:])
        seen.read_until(count)
    assert Counter(json.loads(record.data)["n"] for record in seen.read_to_tip()) == Counter(range(count))
    assert writer.stop() == 0 and reader.stop() == 0


def test_we_read_what_awss_modules_write(any_server, new_name, laminar, module):
    """Records for each of three shards, whose user records have a hash key of that shard: none is dropped."""
    client = any_server.client()
    made, copied = new_name("made"), new_name("made-copied")
    create_stream(client, made, 3)
    create_stream(client, copied, 1)
    rows = numbered(2400)
    for i, shard in enumerate(open_shards(client, made)):
        hash_key = shard["HashKeyRange"]["StartingHashKey"]
        for data in module.aggregate(rows[i::3], hash_key):
            client.put_record(StreamName=made, PartitionKey="a", ExplicitHashKey=hash_key, Data=data)
    put_all(client, made, [("plain", b'{"n": 2400, "k": "plain"}')])
    run = laminar("run", "--until-caught-up", script=copy(made, copied, sink_options={"sink_aggregation": "kpl"}), endpoint=any_server.endpoint)
    run.expect(0, timeout=60)
    assert len(read_all(client, made)) <= 7
    found = [json.loads(data) for users in module.take_apart(read_all(client, copied)) for _, data in users]
    assert Counter(row["n"] for row in found) == Counter(range(2401))
    assert all(row["k"] == f"key {row['n'] % KEYS}" for row in found if row["n"] < 2400)


def test_records_of_awss_modules_in_the_wrong_shard_are_dropped(quick_server, new_name, laminar, module):
    client = quick_server.client()
    made = new_name("wrong")
    create_stream(client, made, 2)
    low, high = (shard["HashKeyRange"]["StartingHashKey"] for shard in open_shards(client, made))
    rows = numbered(300)
    for put_with, part in ((low, rows[:100]), (high, rows[100:])):
        for data in module.aggregate(part, low):
            client.put_record(StreamName=made, PartitionKey="a", ExplicitHashKey=put_with, Data=data)
    for check_range, expected in (("true", 100), ("false", 300)):
        copied = new_name("wrong-copied")
        create_stream(client, copied, 1)
        script = copy(made, copied, **{"kpl.check_range": check_range})
        run = laminar("run", "--until-caught-up", "--log-format", "json", script=script, endpoint=quick_server.endpoint).expect(0, timeout=60)
        assert sorted(json.loads(record.data)["n"] for record in read_all(client, copied)) == list(range(expected))
        assert run.total()["rows_out"] == expected
