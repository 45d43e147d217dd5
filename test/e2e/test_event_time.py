"""Event time on real servers: what closes a window, what holds one back, and what must not."""

import hashlib
import json
import time
from collections import Counter
from datetime import datetime, timezone

import pytest

from harness.process import wait_for
from harness.sql import source
from harness.streams import create_stream, list_shards, put_all

# Beyond max delay + L, from the end of a window to its row: polls of a caught-up shard and the Date header's whole seconds. L is next to nothing here.
BUDGET_SECONDS = 2.0
# That the machine may be busy with something else.
MACHINE_SECONDS = 1.0


def text(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def row(seconds, key="k"):
    return json.dumps({"k": key, "ts": text(seconds)}).encode()


def counts_per_second(stream, delay, offset, **options):
    """A pipeline that prints how many rows each second of event time has; `delay` in seconds."""
    columns = f"k TEXT, ts TIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '{delay}' SECOND"
    return (source("events", columns, stream, offset, **options)
            + "SELECT EXTRACT(EPOCH FROM TUMBLE_END(ts, INTERVAL '1' SECOND)) AS window_end, COUNT(*) AS n FROM events"
              " GROUP BY TUMBLE(ts, INTERVAL '1' SECOND);\n")


def windows(run):
    """window end -> rows; no window is given out twice."""
    found = {}
    for line in run.rows():
        assert line["window_end"] not in found, "a window came out twice"
        found[line["window_end"]] = line["n"]
    return found


def expected(times):
    return dict(Counter(int(t) + 1 for t in times))


def shard_of(shards, key):
    number = int(hashlib.md5(key.encode()).hexdigest(), 16)
    for shard in shards:
        if int(shard["HashKeyRange"]["StartingHashKey"]) <= number <= int(shard["HashKeyRange"]["EndingHashKey"]):
            return shard["ShardId"]
    raise AssertionError("the shards do not cover all keys")


def keys_by_shard(client, stream):
    """A partition key for each shard, in the order of the shards."""
    shards = list_shards(client, stream)
    keys = {}
    for n in range(1000):
        keys.setdefault(shard_of(shards, f"key-{n}"), f"key-{n}")
    return [keys[shard["ShardId"]] for shard in shards]


def stop_clean(run):
    assert run.stop() == 0, run.describe()


@pytest.mark.parametrize("shards", [1, 4])
def test_the_last_window_of_a_silent_stream_is_out_in_time(any_server, new_name, laminar, shards):
    """Rows for a moment, then silence: with one shard, and with rows in one shard of four."""
    client = any_server.client()
    name = new_name("silent")
    create_stream(client, name, shards)
    key = keys_by_shard(client, name)[-1]
    delay = 2
    run = laminar("run", script=counts_per_second(name, delay, "latest"), endpoint=any_server.endpoint).wait_reading()
    times = []
    while len(times) < 6:
        times.append(time.time())
        put_all(client, name, [(key, row(times[-1]))])
    last_end = int(times[-1]) + 1
    wait_for(lambda: last_end in windows(run), 30, lambda: f"the last window: {run.describe()}")
    late = time.time() - (last_end + delay)
    assert late <= BUDGET_SECONDS + MACHINE_SECONDS, f"{late:.2f} s after its end and the delay"
    assert windows(run) == expected(times)
    stop_clean(run)


def test_a_silent_shard_does_not_hold_back_the_others(any_server, new_name, laminar):
    """Three shards of four go on; a window comes out while they do, though the fourth never says a word."""
    client = any_server.client()
    name = new_name("three-of-four")
    create_stream(client, name, 4)
    keys = keys_by_shard(client, name)[:3]
    run = laminar("run", script=counts_per_second(name, 1, "latest"), endpoint=any_server.endpoint).wait_reading()
    times = []

    def out():
        for key in keys:
            times.append(time.time())
            put_all(client, name, [(key, row(times[-1]))])
        return len(windows(run)) >= 1

    wait_for(out, 20, lambda: f"windows while rows flow: {run.describe()}", pause=0.1)
    end = int(times[-1]) + 1
    wait_for(lambda: end in windows(run), 20, lambda: f"the last window: {run.describe()}")
    assert windows(run) == expected(times)
    stop_clean(run)


def test_a_producer_that_is_behind_is_handled_by_the_delay(quick_server, new_name, laminar):
    """Two producers, one 30 s behind, one stream: 31 s of delay lose nothing; 1 s loses what is behind."""
    client = quick_server.client()
    name = new_name("behind")
    create_stream(client, name, 1)
    base = int(time.time()) - 600
    times = [base + i / 20 - behind for i in range(3000) for behind in (0, 30)]  # more than one batch: it is read before the watermark goes on
    put_all(client, name, [("k", row(t)) for t in times])
    run = laminar("run", "--until-caught-up", script=counts_per_second(name, 31, "earliest"), endpoint=quick_server.endpoint).expect(0)
    assert windows(run) == expected(times)
    run = laminar("run", "--until-caught-up", script=counts_per_second(name, 1, "earliest"), endpoint=quick_server.endpoint).expect(0)
    # Two batches begin with windows closed that the producer behind is still 29 s short of, at 20 rows a second.
    assert sum(windows(run).values()) <= len(times) - 2 * 25 * 20
    on_time = expected(times[::2])
    found = windows(run)
    assert all(found.get(end, 0) >= n for end, n in on_time.items()), "the producer that is on time loses nothing"


@pytest.mark.parametrize("at", ["first", "middle"])
def test_records_of_1970_and_2099_harm_only_themselves(quick_server, new_name, laminar, at):
    """In one shard with rows of now: those come out, all of them and in time; what follows is not late."""
    client = quick_server.client()
    name = new_name("odd-clocks")
    create_stream(client, name, 2)
    key = keys_by_shard(client, name)[0]
    odd = [(key, row(0.5)), (key, row(4_070_908_800.5))]
    run = laminar("run", script=counts_per_second(name, 2, "latest"), endpoint=quick_server.endpoint).wait_reading()
    if at == "first":
        put_all(client, name, odd)
    times = []
    for i in range(6):
        if at == "middle" and i == 3:
            put_all(client, name, odd)
        times.append(time.time())
        put_all(client, name, [(key, row(times[-1]))])
    end = int(times[-1]) + 1
    wait_for(lambda: end in windows(run), 30, lambda: f"the last window: {run.describe()}")
    late = time.time() - (end + 2)
    assert late <= BUDGET_SECONDS + MACHINE_SECONDS, f"{late:.2f} s after its end and the delay"
    found = windows(run)
    found.pop(1, None)  # 1970 itself: a window of its own when it came first, else late
    assert found == expected(times)
    stop_clean(run)


def test_a_backlog_of_uneven_shards_loses_nothing_without_delay(any_server, new_name, laminar):
    """Four shards of very different length over the same ten minutes; in order within each, delay zero: no row is late."""
    client = any_server.client()
    name = new_name("uneven")
    create_stream(client, name, 4)
    keys = keys_by_shard(client, name)
    base = int(time.time()) - 3600
    rows, times = [], []
    for key, count in zip(keys, (600, 150, 40, 5)):
        mine = [base + i * 600 / count for i in range(count)]
        rows += [(key, row(t)) for t in mine]
        times += mine
    put_all(client, name, rows)
    for parallelism in (1, 2):
        run = laminar("run", "--until-caught-up", "--parallelism", parallelism, script=counts_per_second(name, 0, "earliest", **{"event_time.max_skew": "10s"}),
                      endpoint=any_server.endpoint).expect(0)
        assert windows(run) == expected(times), f"parallelism {parallelism}"


def lines(base, count, seconds, name, at_once=500):
    """`count` rows spread evenly over `seconds`, each with a key of its own; many in a record."""
    rows = [row(base + i * seconds / count, f"{name}{i}") for i in range(count)]
    return [b"\n".join(rows[i:i + at_once]) for i in range(0, count, at_once)]


def test_a_backlog_of_uneven_shards_is_held_as_max_skew_says(quick_server, new_name, laminar):
    """Four shards of very different length over the same ten minutes: what waits is what max_skew, delay and window span, and a batch of each shard.

    With two workers a group may wait in two places: at the one that read it, and at the one that owns its key."""
    client = quick_server.client()
    name = new_name("backlog")
    create_stream(client, name, 4)
    counts, seconds, delay, skew, batch = (160_000, 80_000, 32_000, 1_000), 600, 2, 10, 2048
    base = int(time.time()) - 3600
    for key, count in zip(keys_by_shard(client, name), counts):
        put_all(client, name, [(key, record) for record in lines(base, count, seconds, key)])

    def most_held(max_skew, parallelism):
        script = (source("events", f"k TEXT, ts TIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '{delay}' SECOND", name, **{"event_time.max_skew": max_skew})
                  + "CREATE TABLE groups WITH (connector = 'blackhole', type = 'sink');\n"
                    "INSERT INTO groups SELECT k, COUNT(*) AS n FROM events GROUP BY k, TUMBLE(ts, INTERVAL '1' SECOND);\n")
        run = laminar("run", "--until-caught-up", "--log-format", "json", "--parallelism", parallelism, script=script, endpoint=quick_server.endpoint).expect(0)
        total = run.total()
        assert (total["rows_in"], total["rows_out"], total["late_rows"]) == (sum(counts), sum(counts), 0), run.describe()
        return total["peak_state_rows"]

    bound = (skew + delay + 1) * sum(counts) / seconds + batch * len(counts)
    for parallelism in (1, 2):
        aligned, free = most_held(f"{skew}s", parallelism), most_held("1h", parallelism)
        print(f"parallelism {parallelism}: at most {aligned:,} groups held with max_skew {skew} s, {free:,} with 1 h; bound {parallelism * bound:,.0f}")
        assert aligned <= parallelism * bound < free / 2
