"""The runs of scripts/soak."""

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from harness.crashes import crash
from harness.laminar import Laminar, binary
from harness.process import wait_for
from harness.proxy import FaultProxy
from harness.reshards import reshard_with_restarts
from harness.servers import Ferrokinesis, Kinesalite, KinesisLocal, boto_client
from harness.sql import copy, printed
from harness.streams import StreamReader, create_stream, merge_neighbours, open_shards, put_all, split_shard

GENERATED = """
CREATE TABLE sensor_data (
    device_id TEXT AS (concat('sensor-', i % 1000)), location JSON AS (json_object('site', concat('hall ', i % 7))),
    temperature DOUBLE AS (20 + i % 30 + 0.5), timestamp TIMESTAMP AS (TIMESTAMP '2026-01-01' + to_seconds(i % 100000))
) WITH (connector = 'generator', type = 'source'{options});
"""
ALERTS = """
INSERT INTO {sink} SELECT device_id, 'temperature_anomaly' AS alert_type, CASE WHEN temperature > 40 THEN 'critical' ELSE 'warning' END AS severity,
    JSON_OBJECT('temperature', temperature, 'location', location, 'threshold', 35) AS details, timestamp AS detected_at
FROM sensor_data WHERE temperature > 30;
"""
COLUMNS = "device_id TEXT, alert_type TEXT, severity TEXT, details JSON, detected_at TIMESTAMP"
SLACK = 32e6  # bytes by which resident memory may differ between the first minute and the end: the allocator's own


class Failed(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failed(text)


def watch_memory(run, seconds, each=lambda: None):
    """Calls `each` and notes the resident memory every second. (highest within the first minute, highest of the last tenth)"""
    begin, samples = time.monotonic(), []
    while (now := time.monotonic() - begin) < seconds:
        check(run.process.poll() is None, f"it ended: {run.describe()}")
        samples.append((now, run.rss_bytes()))
        each()
        time.sleep(1)
    first = min(60, seconds / 3)
    return max(rss for at, rss in samples if at <= first), max(rss for at, rss in samples if at >= seconds * 0.9)


def memory_figures(first, last):
    check(last <= first + SLACK, f"memory grew from {first / 1e6:.0f} MB to {last / 1e6:.0f} MB")
    return f"memory {first / 1e6:.0f} MB in the first minute, {last / 1e6:.0f} MB at the end"


def speed(seconds):
    """Generator to nothing, as fast as it goes: memory stays what it was after the first minute."""
    script = GENERATED.format(options="") + f"CREATE TABLE o ({COLUMNS}) WITH (connector = 'blackhole', type = 'sink');" + ALERTS.format(sink="o")
    with Laminar(["run"], script=script) as run:
        first, last = watch_memory(run, seconds)
        used = run.cpu_seconds()
        check(run.stop() == 0, run.describe())
        return f"{memory_figures(first, last)}, {used:.0f} s CPU; {run.stderr_lines[-1] if run.stderr_lines else ''}"


KEYED = """
SET state.ttl = '10 minutes';
CREATE TABLE readings (
    -- Fifty keys at a time; each lives for ten seconds of event time and never comes back.
    key TEXT AS (concat('key-', i // 200 + i % 50)), value DOUBLE AS (r * 100), ts TIMESTAMP AS (TIMESTAMP '2026-01-01' + to_milliseconds(i)),
    WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
) WITH (connector = 'generator', type = 'source', rows_per_second = '{rate}');
CREATE TABLE averages WITH (connector = 'blackhole', type = 'sink');
CREATE TABLE minutes WITH (connector = 'blackhole', type = 'sink');
CREATE TABLE sessions WITH (connector = 'blackhole', type = 'sink');
INSERT INTO averages SELECT key, AVG(value) OVER (PARTITION BY key ORDER BY ts ROWS BETWEEN 100 PRECEDING AND CURRENT ROW) AS mean,
    COUNT(*) OVER (PARTITION BY key ORDER BY ts) AS n FROM readings;
INSERT INTO minutes SELECT key, COUNT(DISTINCT value) AS n, TUMBLE_START(ts, INTERVAL '1' MINUTE) AS start FROM readings GROUP BY key, TUMBLE(ts, INTERVAL '1' MINUTE);
INSERT INTO sessions SELECT key, COUNT(*) AS n, SESSION_START(ts, INTERVAL '5' SECOND) AS start FROM readings GROUP BY key, SESSION(ts, INTERVAL '5' SECOND);
"""


def keys(seconds, rate=20_000):
    """Windows, sessions and OVER with state.ttl over keys that come and go: memory stays what it was."""
    with Laminar(["run", "--parallelism", 2], script=KEYED.format(rate=rate)) as run:
        first, last = watch_memory(run, seconds)
        used = run.cpu_seconds()
        check(run.stop() == 0, run.describe())
        return f"{int(rate * seconds / 200):,} keys; {memory_figures(first, last)}, {used:.0f} s CPU; {run.stderr_lines[-1] if run.stderr_lines else ''}"


DAY = """
CREATE TABLE readings (
    -- Each key once in every five minutes of event time, in an order that is not that of their numbers.
    key BIGINT AS (i * 7919 % {keys}), value DOUBLE AS (r * 100), ts TIMESTAMP AS (TIMESTAMP '2026-01-01' + to_microseconds(i * 300000000 // {keys})),
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (connector = 'generator', type = 'source', rows = '{rows}');
CREATE TABLE averages WITH (connector = 'blackhole', type = 'sink');
INSERT INTO averages SELECT key, COUNT(*) AS n, AVG(value) AS mean, TUMBLE_START(ts, INTERVAL '5' MINUTE) AS start FROM readings
    GROUP BY key, TUMBLE(ts, INTERVAL '5' MINUTE);
"""
GROUP_BYTES = 128  # of an open group: key, place in the table, count and mean; a table may be half empty


def day(seconds, keys=1_000_000, windows=288):
    """A day of event time, 1,000,000 keys in windows of five minutes, as fast as it goes: memory is what the open windows need."""
    with Laminar(["run", "--log-format", "json"], script=DAY.format(keys=keys, rows=keys * windows)) as run:
        begin, samples, used = time.monotonic(), [], 0.0
        while run.process.poll() is None and time.monotonic() - begin < seconds:
            try:
                samples.append(run.rss_bytes())
                used = run.cpu_seconds()
            except (OSError, IndexError):  # it ended in between
                break
            time.sleep(0.1)
        check(run.stop() == 0, run.describe())
    done = run.total()
    rows, groups, out = done["rows_in"], done["peak_state_rows"], done["rows_out"]
    check(out // keys >= 8, f"only {out // keys} windows in {seconds:.0f} s")
    check(rows < keys * windows or out == rows, f"{out:,} groups given out, {rows:,} expected")
    check(done["late_rows"] == 0 and groups <= keys * 1.1, f"{done['late_rows']} late rows, {groups:,} groups open")
    quarter = len(samples) // 4
    second, last = max(samples[quarter:2 * quarter]), max(samples[3 * quarter:])
    figures = (f"{rows:,} rows, {out // keys} windows, {out:,} groups given out, {used:.0f} s CPU, {done['elapsed_ms'] / 1000:.0f} s; at most {groups:,} groups open in "
               f"{done['peak_state_bytes'] / 1e6:.0f} MB, {done['peak_state_bytes'] / groups:.0f} bytes each; memory of the process {second / 1e6:.0f} MB at most in the "
               f"second quarter, {last / 1e6:.0f} MB in the last, {max(samples) / groups:.0f} bytes for each open group")
    check(done["peak_state_bytes"] <= groups * GROUP_BYTES, f"more than {GROUP_BYTES} bytes for each open group: {figures}")
    check(last <= second * 1.15, f"memory grew: {figures}")
    return figures


def kinesis(seconds, rate=5000):
    """Kinesis to Kinesis, fed by a generator at a steady rate: memory flat, every row once."""
    with Ferrokinesis() as server:
        client = server.client()
        create_stream(client, "soak-in", 4)
        create_stream(client, "soak-out", 4)
        with Laminar(["run"], script=copy("soak-in", "soak-out", columns="n BIGINT, k TEXT"), endpoint=server.endpoint) as run:
            run.wait_reading()
            rows = int(rate * seconds)
            feed = (f"CREATE TABLE g (n BIGINT AS (i), k TEXT AS (concat('some text to carry ', i))) WITH (connector = 'generator', type = 'source', "
                    f"rows_per_second = '{rate}', rows = '{rows}');\n"
                    "CREATE TABLE o (n BIGINT, k TEXT) WITH (connector = 'kinesis', stream_name = 'soak-in', aws_region = 'us-east-1', type = 'sink', "
                    "format = 'json');\nINSERT INTO o SELECT * FROM g;")
            with Laminar(["run"], script=feed, endpoint=server.endpoint) as feeder:
                first, last = watch_memory(run, seconds)
                feeder.expect(0, timeout=seconds)
            reader, seen = StreamReader(client, "soak-out"), Counter()

            def all_there():
                for record in reader.poll():
                    seen[json.loads(record.data)["n"]] += 1
                reader.records.clear()
                return len(seen) >= rows

            wait_for(all_there, 60 + seconds, lambda: f"{rows} rows, have {len(seen)}: {run.describe()}")
            check(run.stop() == 0, run.describe())
            check(max(seen.values()) == 1, f"{sum(1 for n in seen.values() if n > 1)} rows more than once")
            return f"{rows} rows once; {memory_figures(first, last)}"


def reshard(seconds):
    """Splits and merges without end while rows flow; every row once, every key in its order. Parallelism 1 to 4 in turn."""
    rng, rounds, total = random.Random(7), 0, 0
    end = time.monotonic() + seconds
    with Kinesalite() as server:
        client = server.client()
        while time.monotonic() < end or rounds == 0:
            stream, count, changes = f"reshard-{rounds}", 0, 0
            create_stream(client, stream, 2)
            with Laminar(["run", "--parallelism", rounds % 4 + 1], script=printed(stream, offset="latest"), endpoint=server.endpoint) as run:
                run.wait_reading()
                round_end = time.monotonic() + 15
                while time.monotonic() < round_end:
                    put_all(client, stream, [(f"key-{n % 16}", json.dumps({"n": n, "k": f"key-{n % 16}"}).encode()) for n in range(count, count + 16)])
                    count += 16
                    if rng.random() < 0.1:
                        shards = open_shards(client, stream)
                        split_shard(client, stream, rng.choice(shards)) if len(shards) < 2 or (len(shards) < 6 and rng.random() < 0.5) \
                            else merge_neighbours(client, stream)
                        changes += 1
                wait_for(lambda: len(run.stdout_lines) >= count, 60, lambda: f"{count} rows, have {len(run.stdout_lines)}: {run.describe()}")
                check(run.stop() == 0, run.describe())
                by_key = {}
                for row in run.rows():
                    by_key.setdefault(row["k"], []).append(row["n"])
                check(sorted(n for ns in by_key.values() for n in ns) == list(range(count)), f"round {rounds}: rows lost or twice")
                check(all(ns == sorted(ns) for ns in by_key.values()), f"round {rounds}: a key out of order")
            rounds, total = rounds + 1, total + count
    return f"{rounds} rounds, {total} rows, the last with {changes} changes of shards"


def generations(seconds):
    """1 -> 2 -> 4 -> 2 -> 4 -> 8 shards while 2 M rows flow, a restart at each step: every row once, every key in its order."""
    with Ferrokinesis() as server:
        return reshard_with_restarts(server, 2_000_000)


def generations_small(seconds):
    """The same with 20,000 rows on kinesis-local."""
    with KinesisLocal() as server:
        return reshard_with_restarts(server, 20_000)


def kills(seconds, rounds=25):
    """kill -9 at random moments, 25 times for each pipeline of the user's page and each delivery mode, with reshards under way: exactly_once: every row once."""
    figures, kills_made = [], 0
    regions = ("us-east-1", "us-west-2", "eu-west-1")
    for name in ("replication", "iot", "clickstream", "fraud"):
        for mode in ("at_least_once", "exactly_once"):
            with contextlib.ExitStack() as running:
                proxy = FaultProxy({region: running.enter_context(Ferrokinesis(region=region)).endpoint for region in regions})
                running.callback(proxy.stop)
                doubled = crash(name, mode, proxy.endpoint, rounds, seed=len(figures), log=lambda line: print(line, flush=True))
                proxy.assert_clean(may_send_again=mode == "at_least_once")
            kills_made += rounds
            figures.append(f"{name} {mode} {doubled} doubled")
    return f"{kills_made} kills: {', '.join(figures)}"


def stop(seconds):
    """Stops at a random moment under load, again and again: what came out has no gap."""
    rng, rounds, total = random.Random(11), 0, 0
    end = time.monotonic() + seconds
    with Kinesalite() as server:
        client = server.client()
        create_stream(client, "stopped", 1)
        put_all(client, "stopped", (b'{"n": %d, "k": "x"}' % n for n in range(20_000)))
        while time.monotonic() < end or rounds == 0:
            sink = f"stopped-{rounds}"
            create_stream(client, sink, 2)
            with Laminar(["run"], script=copy("stopped", sink), endpoint=server.endpoint) as run:
                run.wait_reading()
                time.sleep(rng.uniform(0, 3))
                check(run.stop() == 0, run.describe())
            numbers = sorted(json.loads(r.data)["n"] for r in StreamReader(client, sink).read_to_tip())
            check(numbers == list(range(len(numbers))), f"round {rounds}: a gap in {len(numbers)} rows")
            client.delete_stream(StreamName=sink)
            rounds, total = rounds + 1, total + len(numbers)
    return f"{rounds} stops, {total} rows without a gap"


def faults(seconds):
    """All of the proxy's faults at once, at random: everything arrives, no limit is broken, nothing acknowledged is sent again."""
    rules = [{"action": "fail_records", "operation": "PutRecords", "fraction": 0.3, "record_fraction": 0.5},
             {"action": "error", "code": "ProvisionedThroughputExceededException", "fraction": 0.1}, {"action": "reset", "fraction": 0.05},
             {"action": "error", "status": 500, "code": "InternalFailure", "fraction": 0.05}, {"action": "expire_iterator", "operation": "GetRecords", "fraction": 0.1},
             {"action": "drop_answer", "operation": "GetRecords", "fraction": 0.1}, {"action": "garbage", "operation": "GetRecords", "fraction": 0.05}]
    with Kinesalite() as server, FaultProxy(server.endpoint) as proxy:
        client = server.client()
        create_stream(client, "harmed", 3)
        create_stream(client, "harmed-copied", 3)
        proxy.rules(*rules, secret="test")
        with Laminar(["run"], script=copy("harmed", "harmed-copied"), endpoint=proxy.endpoint) as run:
            run.wait_reading(60)
            direct, count, end = boto_client(server.endpoint, "us-east-1"), 0, time.monotonic() + seconds
            while time.monotonic() < end:
                put_all(direct, "harmed", [b'{"n": %d, "k": "x"}' % n for n in range(count, count + 100)])
                count += 100
                time.sleep(0.1)
            reader = StreamReader(client, "harmed-copied")
            reader.read_until(count, timeout=120)
            check(run.stop() == 0, run.describe())
            check(sorted(json.loads(r.data)["n"] for r in reader.read_to_tip()) == list(range(count)), "rows lost or twice")
        report = proxy.report()
        check(not report["violations"], str(report["examples"]))
        return f"{count} rows once through {sum(report['errors'].values())} faults"


def properties(seconds, cases=2000):
    """The C++ tests, the properties in them with 2,000 cases each where CI has 100, over and over with other seeds."""
    programs = sorted(program for program in Path(binary()).parent.glob("*_test") if program.name != "oracle_test")
    check(programs, "no C++ test is built beside the binary")
    begin, rounds = time.monotonic(), 0
    while rounds == 0 or time.monotonic() - begin < seconds:
        for program in programs:
            run = subprocess.run([program], env=os.environ | {"RC_PARAMS": f"max_success={cases}"}, capture_output=True, text=True, errors="replace")
            check(run.returncode == 0, f"{program.name}, exit code {run.returncode}:\n{(run.stdout + run.stderr)[-4000:]}")
        rounds += 1
    return f"{len(programs)} programs, {rounds} times"


def api(seconds, examples=1000):
    """The REST API by its OpenAPI document, 1,000 examples of each operation, as often as the time allows."""
    begin, rounds, asked = time.monotonic(), 0, ""
    while rounds == 0 or time.monotonic() - begin < seconds:
        run = subprocess.run([sys.executable, "-m", "pytest", "-q", "-s", "--tb=short", "-p", "no:cacheprovider", "-o", "timeout=7200", "test/e2e/test_api_fuzz.py"],
                             env=os.environ | {"LAMINAR_API_EXAMPLES": str(examples)}, capture_output=True, text=True)  # fmt: skip
        check(run.returncode == 0, run.stdout[-8000:] + run.stderr[-1000:])
        asked = next((line.strip() for line in run.stdout.splitlines() if "generated," in line), "")
        rounds += 1
    return f"{rounds} times; {asked}"


RUNS = {f.__name__: f for f in (speed, keys, day, kinesis, reshard, generations, generations_small, stop, faults, kills, properties, api)}


def main():
    parser = argparse.ArgumentParser(prog="scripts/soak", description="Long runs.")
    parser.add_argument("--minutes", type=float, default=10, help="of each run (default 10)")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("runs", nargs="*", metavar="RUN", help=f"which of {', '.join(RUNS)} (default: all)")
    arguments = parser.parse_args()
    if arguments.list:
        for name, run in RUNS.items():
            print(f"{name:<18}{run.__doc__}")
        return 0
    failures = 0
    for name in arguments.runs or RUNS:
        if name not in RUNS:
            parser.error(f"no run {name}: {', '.join(RUNS)}")
        if name in ("kinesis", "generations", "kills") and Ferrokinesis.missing():
            print(f"SKIP {name}: {Ferrokinesis.missing()}", flush=True)
            continue
        print(f"{name}: {RUNS[name].__doc__} {arguments.minutes:g} minutes", flush=True)
        try:
            print(f"PASS {name}: {RUNS[name](arguments.minutes * 60)}", flush=True)
        except (Failed, TimeoutError, AssertionError) as problem:
            failures += 1
            print(f"FAIL {name}: {problem}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
