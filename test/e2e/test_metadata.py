"""METADATA FROM: what a record comes with besides its bytes, as columns."""

import json
from datetime import datetime, timedelta, timezone

from harness.sql import sink, source
from harness.streams import create_stream, put_all, read_all

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
