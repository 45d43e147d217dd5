"""Generations of shards, with restarts in between."""

import json
import tempfile
from pathlib import Path

from harness.laminar import Laminar
from harness.process import wait_for
from harness.streams import create_stream, merge_neighbours, open_shards, put_all, split_shard

PIPELINE = """
CREATE TABLE numbers (n BIGINT, k TEXT) WITH (connector = 'kinesis', stream_name = 'generations', aws_region = 'us-east-1', type = 'source', 'source.offset' = 'earliest', format = 'json');
CREATE TABLE copied (n BIGINT, k TEXT) WITH (connector = 'single_file', type = 'sink', path = 'copied.jsonl', format = 'json');
INSERT INTO copied SELECT n, k FROM numbers;
"""
STEPS = [2, 4, 2, 4, 8]
KEYS = 64


def reshard_to(client, stream, shards):
    """Splits or merges until the stream has so many open shards."""
    while len(open_shards(client, stream)) != shards:
        now = open_shards(client, stream)
        if len(now) < shards:
            split_shard(client, stream, max(now, key=lambda s: int(s["HashKeyRange"]["EndingHashKey"]) - int(s["HashKeyRange"]["StartingHashKey"])))
        else:
            merge_neighbours(client, stream)


def reshard_with_restarts(server, rows):
    """1 -> 2 -> 4 -> 2 -> 4 -> 8 shards while rows flow, and a restart with another parallelism at each step: every row once, every key in its order."""
    client, share = server.client(), rows // (len(STEPS) + 1)
    with tempfile.TemporaryDirectory(prefix="laminar-reshard-") as folder:
        create_stream(client, "generations", 1)
        script, copied = Path(folder) / "pipeline.sql", Path(folder) / "copied.jsonl"
        script.write_text(PIPELINE)

        def put(begin, end):
            put_all(client, "generations", ((f"key-{n % KEYS}", b'{"n": %d, "k": "key-%d"}' % (n, n % KEYS)) for n in range(begin, end)))

        for step, shards in enumerate([*STEPS, None]):
            with Laminar(["run", "--state-dir", "state", "--checkpoint-interval", "1s", "-p", step % 4 + 1, script], endpoint=server.endpoint, cwd=folder) as run:
                run.wait_reading(60)
                begin = step * share
                put(begin, begin + share // 2)
                if shards:
                    reshard_to(client, "generations", shards)
                put(begin + share // 2, rows if shards is None else begin + share)
                if shards is None:
                    wait_for(lambda: copied.read_bytes().count(b"\n") >= rows, 90 + rows / 2000, run.describe, pause=0.5)
                assert run.stop() == 0, run.describe()
        by_key = {}
        for line in copied.read_bytes().splitlines():
            row = json.loads(line)
            by_key.setdefault(row["k"], []).append(row["n"])
        found = sum(map(len, by_key.values()))
        assert found == rows, f"{found:,} rows, {rows:,} were put"
        for key, numbers in by_key.items():
            expected = list(range(int(key[4:]), rows, KEYS))
            at = next((i for i, (a, b) in enumerate(zip(numbers, expected)) if a != b), min(len(numbers), len(expected)))
            assert numbers == expected, f"{key} is out of order, or has rows missing or twice: {numbers[max(at - 3, 0):at + 12]} where {expected[max(at - 3, 0):at + 12]} is expected"
        return f"{rows:,} rows once and in the order of their keys, 1 -> {' -> '.join(map(str, STEPS))} shards, {len(STEPS)} restarts, on {server.name}"
