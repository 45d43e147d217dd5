"""METADATA FROM: what a record comes with besides its bytes, as columns."""

import hashlib
import json
from datetime import datetime, timedelta, timezone

import pytest

from harness.aggregators import Python
from harness.sql import sink, source
from harness.streams import create_stream, put_all, read_all, shard_of_hash

COLUMNS = """n BIGINT, key TEXT METADATA FROM 'partition_key', number TEXT METADATA FROM 'sequence_number',
    sub BIGINT METADATA FROM 'sub_sequence_number', shard TEXT METADATA FROM 'shard_id', arrived TIMESTAMP METADATA FROM 'arrival_time',
    stream TEXT METADATA FROM 'stream_name', hash TEXT METADATA FROM 'explicit_hash_key', sealed TEXT METADATA FROM 'encryption_type'"""


def rows_of(client, name):
    return sorted((json.loads(record.data) for record in read_all(client, name)), key=lambda row: row["n"])


def test_columns_hold_what_the_service_says(any_server, new_name, laminar):
    client = any_server.client()
    read, written = new_name("metadata"), new_name("metadata-out")
    create_stream(client, read, 2)
    create_stream(client, written, 1)
    put_all(client, read, (b'{"n": %d}' % n for n in range(200)))
    script = (source("r", COLUMNS, read)
              + sink("w", "n BIGINT, key TEXT, number TEXT, sub BIGINT, shard TEXT, arrived TIMESTAMP, stream TEXT, hash TEXT", written)
              + "INSERT INTO w SELECT n, key, number, sub, shard, arrived, stream, hash FROM r;\n")
    laminar("run", "--until-caught-up", script=script, endpoint=any_server.endpoint).expect(0)
    records = {json.loads(record.data)["n"]: record for record in read_all(client, read)}
    rows = rows_of(client, written)
    assert len(rows) == 200
    now = datetime.now(timezone.utc)
    for row in rows:
        record = records[row["n"]]
        assert (row["key"], row["number"], row["shard"], row["stream"]) == (record.key, str(record.sequence), record.shard, read)
        assert row["sub"] is None and row["hash"] is None
        arrived = datetime.fromisoformat(row["arrived"].replace("Z", "+00:00"))
        assert abs(arrived.timestamp() - record.arrived) < 0.002 and now - arrived < timedelta(minutes=5)


def test_a_query_filters_groups_and_orders_time_by_them(quick_server, new_name, laminar):
    client = quick_server.client()
    read, written = new_name("metadata"), new_name("metadata-out")
    create_stream(client, read, 2)
    create_stream(client, written, 1)
    put_all(client, read, (b'{"n": %d}' % n for n in range(100)))
    script = (source("r", "n BIGINT, arrived TIMESTAMP METADATA FROM 'arrival_time', shard TEXT METADATA FROM 'shard_id', WATERMARK FOR arrived", read)
              + sink("w", "shard TEXT, n BIGINT", written)
              + "INSERT INTO w SELECT shard, count(*) FROM r WHERE shard LIKE 'shardId-%' GROUP BY shard, TUMBLE(arrived, INTERVAL '1' DAY);\n")
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    counted = {row["shard"]: row["n"] for row in rows_of(client, written)}
    expected = {}
    for record in read_all(client, read):
        expected[record.shard] = expected.get(record.shard, 0) + 1
    assert counted == expected


def test_a_table_of_metadata_only_and_any_of_it_as_text(quick_server, new_name, laminar):
    client = quick_server.client()
    read = new_name("metadata")
    create_stream(client, read, 1)
    put_all(client, read, [b'{"n": 1}', b"not JSON", b'{"n": 3}'])
    columns = "came TEXT METADATA FROM 'arrival_time', sub TEXT METADATA FROM 'Sub_Sequence_Number'"
    done = laminar("run", "--until-caught-up", script=source("r", columns, read, bad_data="drop") + "SELECT came, sub FROM r;\n",
                   endpoint=quick_server.endpoint).expect(0)
    assert [row["sub"] for row in done.rows()] == [None, None]
    assert all(row["came"].startswith("20") for row in done.rows())


KEYED = "n BIGINT, key TEXT METADATA FROM 'partition_key', hash TEXT METADATA FROM 'explicit_hash_key'"
STEP = 2**128 // 200


@pytest.mark.parametrize("delivery", ["at_least_once", "exactly_once"])
def test_a_sink_puts_records_with_the_keys_of_its_columns(any_server, new_name, laminar, tmp_path, delivery):
    client = any_server.client()
    read, written = new_name("plain"), new_name("keyed")
    create_stream(client, read, 2)
    create_stream(client, written, 4)
    put_all(client, read, (json.dumps({"n": n, "k": f"customer {n % 7}" if n % 5 else None, "h": str(n * STEP) if n % 3 else None}).encode()
                           for n in range(200)))
    options = {"sink_delivery": "exactly_once", "sink_fence_wait": "100ms"} if delivery == "exactly_once" else {}
    script = source("r", "n BIGINT, k TEXT, h TEXT", read) + sink("w", KEYED, written, **options) + "INSERT INTO w SELECT n, k, h FROM r;\n"
    laminar("run", "--until-caught-up", "--state-dir", tmp_path, script=script, endpoint=any_server.endpoint).expect(0)
    records = read_all(client, written)
    assert sorted(json.loads(record.data)["n"] for record in records) == list(range(200))
    generated = set()
    for record in records:
        row = json.loads(record.data)
        assert list(row) == ["n"], "the keys are no part of the record"
        n = row["n"]
        key, separator, _ = record.key.partition("\x1f")
        assert (separator != "") == (delivery == "exactly_once"), "exactly once, an id stands behind the key"
        if n % 5:
            assert key == f"customer {n % 7}"
        else:
            generated.add(key)
        hash_key = n * STEP if n % 3 else int(hashlib.md5(key.encode()).hexdigest(), 16)
        assert record.shard == shard_of_hash(client, written, hash_key)
    assert len(generated) == 40 and "" not in generated


def test_aggregated_rows_have_the_keys_of_their_column(quick_server, new_name, laminar):
    client = quick_server.client()
    read, written = new_name("plain"), new_name("aggregated")
    create_stream(client, read, 1)
    create_stream(client, written, 3)
    put_all(client, read, (json.dumps({"n": n, "k": f"customer {n % 7}" if n % 5 else None}).encode() for n in range(200)))
    script = (source("r", "n BIGINT, k TEXT", read)
              + sink("w", "n BIGINT, key TEXT METADATA FROM 'partition_key'", written, sink_aggregation="kpl", sink_aggregation_key_groups=6)
              + "INSERT INTO w SELECT n, k FROM r;\n")
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    records = read_all(client, written)
    assert len(records) < 40
    keys = {json.loads(data)["n"]: key for users in Python.take_apart(records) for key, data in users}
    assert sorted(keys) == list(range(200))
    assert all(keys[n] == f"customer {n % 7}" for n in range(200) if n % 5)
    assert len({keys[n] for n in range(0, 200, 5)}) == 40


def test_keys_pass_through_a_pipeline(quick_server, new_name, laminar):
    client = quick_server.client()
    read, written = new_name("aggregated"), new_name("passed")
    create_stream(client, read, 1)
    create_stream(client, written, 4)
    rows = [(f"key {n}", b'{"n": %d}' % n) for n in range(100)]
    hash_key = str(3 * 2**126)
    for data in Python.aggregate(rows[:50], hash_key):
        client.put_record(StreamName=read, PartitionKey="a", ExplicitHashKey=hash_key, Data=data)
    put_all(client, read, rows[50:])
    script = source("r", KEYED, read) + sink("w", KEYED, written) + "INSERT INTO w SELECT n, key, hash FROM r;\n"
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    records = {json.loads(record.data)["n"]: record for record in read_all(client, written)}
    assert {n: record.key for n, record in records.items()} == {n: f"key {n}" for n in range(100)}
    aggregated = [n for n, record in records.items() if n < 50 and record.shard != shard_of_hash(client, written, int(hash_key))]
    assert aggregated == []
    for n in range(50, 100):
        assert records[n].shard == shard_of_hash(client, written, int(hashlib.md5(f"key {n}".encode()).hexdigest(), 16))


def test_a_hash_key_that_is_none_stops_with_the_row(quick_server, new_name, laminar):
    client = quick_server.client()
    read, written = new_name("plain"), new_name("keyed")
    create_stream(client, read, 1)
    create_stream(client, written, 1)
    put_all(client, read, [b'{"n": 1, "h": "12"}', b'{"n": 2, "h": "1e5"}'])
    script = source("r", "n BIGINT, h TEXT", read) + sink("w", KEYED, written) + "INSERT INTO w (n, hash) SELECT n, h FROM r;\n"
    failed = laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(1)
    assert "column hash is METADATA FROM 'explicit_hash_key', and '1e5' is no hash key; the row comes from stream " + read in failed.stderr
    assert "sequence number" in failed.stderr and "340282366920938463463374607431768211455" in failed.stderr


def test_what_a_sink_cannot_have_is_said_with_its_place(laminar):
    def problem(columns, options="", format="json"):
        script = (f"CREATE TABLE w ({columns}) WITH (connector = 'kinesis', stream_name = 's', format = '{format}'{options});\n"
                  "INSERT INTO w SELECT 1, 'x';\n")
        return laminar("check", script=script).expect(2).stderr

    key, hash_key = "n BIGINT, k TEXT METADATA FROM 'partition_key'", "n BIGINT, k TEXT METADATA FROM 'explicit_hash_key'"
    assert "1:27: error: table w: column k is METADATA FROM 'partition_key', and sink.partition_key names" in problem(key, ", sink.partition_key = 'n'")
    assert "1:27: error: table w: column k is METADATA FROM 'partition_key', and this format puts many rows" in problem(key, format="parquet")
    assert "and this format puts many rows into a record" in problem(hash_key, format="parquet")
    assert "1:27: error" in problem(hash_key, ", sink.aggregation = 'kpl'")
    both = problem("k TEXT METADATA FROM 'partition_key', l TEXT METADATA FROM 'PARTITION_KEY'")
    assert "1:55: error: two columns are the records' 'partition_key': k and l" in both
    number = problem("n BIGINT, k BIGINT METADATA FROM 'explicit_hash_key'")
    assert "metadata 'explicit_hash_key' is VARCHAR, and column k is BIGINT" in number and "declare it as TEXT, and cast it" in number


def test_what_cannot_be_is_said_with_its_place(laminar):
    def problem(columns, rest="SELECT n FROM r;\n", options=""):
        script = f"CREATE TABLE r ({columns}) WITH (connector = 'kinesis', stream_name = 's', 'source.offset' = 'latest', format = 'json'{options});\n{rest}"
        return laminar("check", script=script).expect(2).stderr

    unknown = problem("n BIGINT, k TEXT METADATA FROM 'partition_kee'")
    assert "1:48: error: connector 'kinesis' has no metadata 'partition_kee'" in unknown and "did you mean partition_key?" in unknown
    assert "metadata 'arrival_time' is TIMESTAMP, and column k is BIGINT" in problem("n BIGINT, k BIGINT METADATA FROM 'arrival_time'")
    assert "NOT NULL is not checked of metadata: column k" in problem("n BIGINT, k TEXT NOT NULL METADATA FROM 'shard_id'")
    assert "METADATA FROM takes a name in quotes" in problem("n BIGINT, k TEXT METADATA FROM shard_id")
    assert "is for sources, and r is a sink" in problem("n BIGINT, k TEXT METADATA FROM 'shard_id'", "INSERT INTO r SELECT 1, 'x';\n")
    file = laminar("check", script="CREATE TABLE r (n BIGINT, k TEXT METADATA FROM 'shard_id') WITH (connector = 'single_file', path = 'x');\n"
                   "SELECT n FROM r;\n").expect(2)
    assert "connector 'single_file' has no metadata 'shard_id'" in file.stderr
