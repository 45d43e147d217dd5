"""What a sink's options promise: the order of a key through partial failures, and where rows go that are too large."""

import base64
import json
from collections import defaultdict

from harness.sql import copy, sink, source
from harness.streams import create_stream, put_all, read_all

KEYS, COUNT = 50, 2000


def test_rows_of_a_key_keep_their_order(quick_server, proxy_for, new_name, laminar):
    client = quick_server.client()
    read, written = new_name("keyed"), new_name("keyed-copied")
    create_stream(client, read, 1)
    create_stream(client, written, 3)
    put_all(client, read, (b'{"n": %d, "k": "key %d"}' % (n, n % KEYS) for n in range(COUNT)))
    proxy = proxy_for(quick_server.endpoint)
    proxy.rules({"action": "fail_records", "operation": "PutRecords", "record_fraction": 0.3})
    script = copy(read, written, sink_options={"sink_partition_key": "k"})
    laminar("run", "--until-caught-up", script=script, endpoint=proxy.endpoint).expect(0, timeout=90)
    report = proxy.assert_clean()
    assert report["records_refused"] > COUNT / 10
    by_key, shards = defaultdict(list), defaultdict(set)
    for record in read_all(client, written):
        row = json.loads(record.data)
        assert record.key == row["k"]
        by_key[row["k"]].append(row["n"])
        shards[row["k"]].add(record.shard)
    for k in range(KEYS):
        assert by_key[f"key {k}"] == list(range(k, COUNT, KEYS))
        assert len(shards[f"key {k}"]) == 1


def large_rows(read, written, **sink_options):
    return (source("r", "n BIGINT", read) + sink("w", "n BIGINT, k TEXT", written, **sink_options)
            + "INSERT INTO w SELECT n, CASE WHEN n % 10 = 5 THEN repeat('x', 1100000) ELSE 'small' END FROM r;\n")


def test_rows_that_are_too_large_go_where_the_table_says(quick_server, new_name, laminar, tmp_path):
    client = quick_server.client()
    read = new_name("oversize")
    create_stream(client, read, 1)
    put_all(client, read, (b'{"n": %d}' % n for n in range(30)))
    small = [n for n in range(30) if n % 10 != 5]

    def run(expected, **options):
        written = new_name("oversize-out")
        create_stream(client, written, 1)
        done = laminar("run", "--until-caught-up", script=large_rows(read, written, **options), endpoint=quick_server.endpoint)
        done.expect(expected, timeout=60)
        return done, sorted(json.loads(r.data)["n"] for r in read_all(client, written))

    _, found = run(0, sink_oversize="drop")
    assert found == small
    path = tmp_path / "oversize.jsonl"
    _, found = run(0, sink_oversize="dead_letter", **{"dead_letter.path": path})
    assert found == small
    letters = [json.loads(line) for line in path.read_text().splitlines()]
    assert [json.loads(base64.b64decode(letter["data"]))["n"] for letter in letters] == [5, 15, 25]
    assert all(letter["table"] == "w" and "sequence number" in letter["origin"] for letter in letters)
    failed, _ = run(1, sink_oversize="fail")
    assert "takes records of at most 1,048,576 bytes" in failed.describe()
