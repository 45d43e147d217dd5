"""Latency, idle CPU and memory: coarse bounds that hold on a small shared machine. bench/ measures throughput."""

import json
import statistics
import threading
import time

import pytest

from harness.process import wait_for
from harness.servers import boto_client
from harness.sql import copy
from harness.streams import StreamReader, create_stream, put_all

pytestmark = pytest.mark.alone
RATE, SECONDS = 200, 8


class Puts(threading.Thread):
    """RATE rows a second, one PutRecords every 50 ms, each row with the time at which it was put."""

    def __init__(self, client, stream):
        super().__init__(daemon=True)
        self.client, self.stream, self.count = client, stream, 0
        self.start()

    def run(self):
        at_once = RATE // 20
        begin = time.monotonic()
        for tick in range(SECONDS * 20):
            delay = begin + tick / 20 - time.monotonic()
            if delay > 0:
                time.sleep(delay)
            now = time.time()
            put_all(self.client, self.stream, [json.dumps({"n": self.count + i, "at": now}).encode() for i in range(at_once)])
            self.count += at_once


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p / 100))]


@pytest.mark.long
@pytest.mark.parametrize("server", ["kinesalite", "ferrokinesis"])
def test_latency_from_put_to_seen(server, server_pool, new_name, laminar):
    """At 200 records/s into 2 shards, flushed every 100 ms: p50 <= 300 ms, p99 <= 600 ms, the last records before the silence included."""
    server = server_pool(server)
    client = server.client()
    source, sink = new_name("latency"), new_name("latency-copied")
    create_stream(client, source, 2)
    create_stream(client, sink, 1)
    script = copy(source, sink, columns="n BIGINT, at DOUBLE", offset="latest", sink_options={"batchFlushIntervalMillis": 100})
    run = laminar("run", script=script, endpoint=server.endpoint).wait_reading()
    puts = Puts(boto_client(server.endpoint, "us-east-1"), source)
    reader = StreamReader(boto_client(server.endpoint, "us-east-1"), sink)

    def all_seen():
        reader.poll()
        return len(reader.records) >= RATE * SECONDS

    wait_for(all_seen, SECONDS + 20, lambda: f"all rows, have {len(reader.records)}: {run.describe()}", pause=0.01)
    puts.join(10)
    rows = [(r.seen, json.loads(r.data)) for r in reader.records]
    assert sorted(row["n"] for _, row in rows) == list(range(RATE * SECONDS))
    latencies = [seen - row["at"] for seen, row in rows]
    last = [seen - row["at"] for seen, row in rows if row["n"] >= RATE * SECONDS - RATE // 20]
    figures = f"p50 {statistics.median(latencies):.3f} s, p99 {percentile(latencies, 99):.3f} s, last rows {max(last):.3f} s"
    print(f"latency on {server.name}: {figures}")
    assert statistics.median(latencies) <= 0.3 and percentile(latencies, 99) <= 0.6 and max(last) <= 0.6, figures

    # Then silence: next to no CPU.
    idle = 5.0
    time.sleep(2)  # shards that brought records a moment ago are still asked more often
    before = run.cpu_seconds()
    time.sleep(idle)
    used = (run.cpu_seconds() - before) / idle
    print(f"idle CPU on {server.name}: {used:.1%} of a core")
    assert used < 0.02, f"{used:.1%} of a core while nothing flows"
    assert run.stop() == 0, run.describe()


def write_rows(path, count):
    with open(path, "w") as file:
        for n in range(count):
            file.write(f'{{"device_id": "sensor-{n % 1000}", "location": {{"site": "hall {n % 7}"}}, "temperature": {20 + n % 30}.5, "humidity": 40.5, '
                       f'"pressure": 1013.25, "timestamp": "2026-01-01T00:00:00Z"}}\n')


@pytest.mark.long
def test_memory_does_not_grow_with_the_input(tmp_path, laminar):
    """File to nothing; ten times the input in the same memory."""
    peaks = []
    for count in (100_000, 1_000_000):
        path = tmp_path / f"{count}.jsonl"
        write_rows(path, count)
        script = (f"CREATE TABLE sensor_data (device_id TEXT, location JSON, temperature DOUBLE, timestamp TIMESTAMP) "
                  f"WITH (connector = 'single_file', path = '{path}', type = 'source', format = 'json');\n"
                  "CREATE TABLE nothing (device_id TEXT, details JSON, at TIMESTAMP) WITH (connector = 'blackhole', type = 'sink');\n"
                  "INSERT INTO nothing SELECT device_id, JSON_OBJECT('t', temperature, 'l', location), timestamp FROM sensor_data WHERE temperature > 30;\n")
        run = laminar("run", "--until-caught-up", script=script)
        peaks.append(run.peak_rss_until_end())
        run.expect(0)
    print(f"peak memory: {peaks[0] / 1e6:.0f} MB for 100,000 rows, {peaks[1] / 1e6:.0f} MB for 1,000,000")
    assert peaks[1] <= peaks[0] + 16e6
