"""A service that refuses, delays, lies and drops: everything arrives, no limit is broken, nothing accepted is sent again."""

import json
import signal

import pytest

from harness.process import wait_for
from harness.sql import copy
from harness.streams import create_stream, put_all, read_all

COUNT = 3000


@pytest.fixture
def world(quick_server, proxy_for, new_name):
    """(proxy, client past the proxy, source stream with COUNT rows, empty sink stream)"""
    client = quick_server.client()
    source, sink = new_name("faulty"), new_name("faulty-copied")
    create_stream(client, source, 2)
    create_stream(client, sink, 2)
    put_all(client, source, (b'{"n": %d, "k": "row %d"}' % (n, n) for n in range(COUNT)))
    proxy = proxy_for(quick_server.endpoint)
    proxy.rules(secret="test")
    return proxy, client, source, sink


def numbers(client, stream):
    return sorted(json.loads(r.data)["n"] for r in read_all(client, stream))


def run_through(world, laminar, *rules, **sink_options):
    proxy, client, source, sink = world
    proxy.rules(*rules)
    laminar("run", "--until-caught-up", script=copy(source, sink, sink_options=sink_options), endpoint=proxy.endpoint).expect(0, timeout=90)
    return proxy.assert_clean(), numbers(client, sink)


def test_half_of_the_records_refused(world, laminar):
    report, found = run_through(world, laminar, {"action": "fail_records", "operation": "PutRecords", "record_fraction": 0.5})
    assert found == list(range(COUNT))
    assert report["records_refused"] > COUNT / 2 and report["records_accepted"] == COUNT


@pytest.mark.parametrize("rule", [
    {"action": "error", "code": "ProvisionedThroughputExceededException"},
    {"action": "error", "code": "LimitExceededException"},
    {"action": "reset"},
], ids=["throttled", "limit", "reset"])
def test_whole_requests_refused(world, laminar, rule):
    report, found = run_through(world, laminar, dict(rule, operation="PutRecords", fraction=0.5), sink_records_per_batch=100)
    assert found == list(range(COUNT))
    assert report["records_accepted"] == COUNT and sum(report["errors"].values()) > 0


@pytest.mark.parametrize("rule", [
    {"action": "error", "status": 500, "code": "InternalFailure"},
    {"action": "error", "status": 503, "code": "ServiceUnavailable"},
    {"action": "garbage"},
    {"action": "drop_answer"},
], ids=["500", "503", "garbage", "dropped"])
def test_uncertain_answers(world, laminar, rule):
    """at_least_once: what may not have arrived is sent again, so it may be there twice; never missing, and never after it was acknowledged."""
    report, found = run_through(world, laminar, dict(rule, operation="PutRecords", fraction=0.3, times=10), sink_records_per_batch=100)
    assert sorted(set(found)) == list(range(COUNT))
    if rule["action"] != "drop_answer":
        assert len(found) == COUNT


@pytest.mark.parametrize("rules", [
    [{"action": "error", "operation": "GetRecords", "code": "ProvisionedThroughputExceededException", "fraction": 0.5}],
    [{"action": "expire_iterator", "operation": "GetRecords", "fraction": 0.3}],
    [{"action": "drop_answer", "operation": "GetRecords", "fraction": 0.3}],
    [{"action": "garbage", "operation": "GetRecords", "fraction": 0.3}],
    [{"action": "error", "status": 500, "code": "InternalFailure", "fraction": 0.3}],
    [{"action": "error", "operation": operation, "code": "LimitExceededException", "times": 2}
     for operation in ("ListShards", "DescribeStreamSummary", "GetShardIterator")],
], ids=["throttled", "expired", "dropped", "garbage", "500 everywhere", "limits at the start"])
def test_reading_through_faults(world, laminar, rules):
    _, found = run_through(world, laminar, *rules)
    assert found == list(range(COUNT))


def test_limits_are_kept_by_large_records(quick_server, proxy_for, new_name, laminar):
    """Records of 100 to 900 kB: 4,000,000 bytes a request are the tighter limit."""
    client = quick_server.client()
    source, sink = new_name("large"), new_name("large-copied")
    create_stream(client, source, 2)
    create_stream(client, sink, 2)
    put_all(client, source, (b'{"n": %d, "k": "%s"}' % (n, b"x" * (100_000 + 100_000 * (n % 9))) for n in range(40)))
    proxy = proxy_for(quick_server.endpoint)
    laminar("run", "--until-caught-up", script=copy(source, sink), endpoint=proxy.endpoint).expect(0)
    report = proxy.assert_clean()
    assert numbers(client, sink) == list(range(40))
    assert 2_000_000 < report["max_bytes"] <= 4_000_000


def test_batches_are_as_large_as_asked_for(world, laminar):
    report, found = run_through(world, laminar, sink_records_per_batch=250)
    assert found == list(range(COUNT)) and report["max_records"] == 250


# --- stopping


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_sends_what_was_accepted(world, laminar, sig):
    """The batch would wait for a minute; the signal sends it at once."""
    proxy, client, source, sink = world
    run = laminar("run", script=copy(source, sink, offset="latest", sink_options={"sink_batch_flush_interval_millis": 60000}), endpoint=proxy.endpoint)
    run.wait_reading()
    put_all(client, source, [b'{"n": %d, "k": "late"}' % n for n in range(9000, 9010)])

    def polled_again(counted=[]):
        counted.append(proxy.report()["requests"].get("GetRecords", 0))
        return counted[-1] >= counted[0] + 6  # both shards were asked again, and the answers were worked on

    wait_for(polled_again, 20, "the rows to be read")
    assert run.stop(sig, timeout=20) == 0, run.describe()
    assert numbers(client, sink) == list(range(9000, 9010))
    proxy.assert_clean()


def test_a_signal_in_full_flow_leaves_no_gap(quick_server, new_name, laminar):
    """One shard: what came out is what went in, up to some record."""
    client = quick_server.client()
    source, sink = new_name("cut"), new_name("cut-copied")
    create_stream(client, source, 1)
    create_stream(client, sink, 2)
    put_all(client, source, (b'{"n": %d, "k": "x"}' % n for n in range(20_000)))
    run = laminar("run", script=copy(source, sink), endpoint=quick_server.endpoint)
    wait_for(lambda: read_first(client, sink), 20, run.describe)
    assert run.stop() == 0, run.describe()
    found = numbers(client, sink)
    assert found == list(range(len(found))) and found


def read_first(client, stream):
    for shard in client.list_shards(StreamName=stream)["Shards"]:
        iterator = client.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        if client.get_records(ShardIterator=iterator, Limit=1)["Records"]:
            return True
    return False


def test_a_second_signal_gives_up_and_says_what_was_lost(world, laminar):
    proxy, client, source, sink = world
    proxy.rules({"action": "error", "operation": "PutRecords", "code": "ProvisionedThroughputExceededException"})
    run = laminar("run", script=copy(source, sink), endpoint=proxy.endpoint)
    wait_for(lambda: proxy.report()["requests"].get("PutRecords", 0) > 2, 20, run.describe)
    run.process.send_signal(signal.SIGTERM)
    before = proxy.report()["requests"]["PutRecords"]
    wait_for(lambda: proxy.report()["requests"]["PutRecords"] > before + 2, 20, "it to go on trying")
    assert run.process.poll() is None
    assert run.stop(timeout=10) == 1, run.describe()
    assert "not" in run.stderr and any(c.isdigit() for c in run.stderr)
    assert numbers(client, sink) == []
