"""The user's page, word for word, on servers that we did not write: input by boto3, output by boto3, values worked out here anew."""

import contextlib
import datetime
import json
import random

import pytest

from harness.pages import (
    ORDERS, READINGS, UTC, by_id, clicks, expected_alert, expected_checks, expected_metrics, expected_order, found_alert, found_check, found_metric,
    found_order, reading, time_text, transaction_record, transactions, utc_text)
from harness.process import wait_for
from harness.servers import SERVERS, boto_client
from harness.sql import page
from harness.streams import StreamReader, create_stream, put_all, put_to_each_shard, read_all

@pytest.fixture(params=["kinesis-local", "kinesalite", "ferrokinesis"])
def world(request, proxy_for):
    """world(region, ...) -> one endpoint that serves these regions, each with streams of its own.

    kinesis-local keeps regions apart itself; of the others one a region runs, and the proxy routes by the region in the signature.
    The page's stream names are fixed, so every test gets servers of its own.
    """
    cls = SERVERS[request.param]
    if cls.missing():
        pytest.skip(cls.missing())
    with contextlib.ExitStack() as running:

        def start(*regions):
            if not cls.one_region:
                return running.enter_context(cls()).endpoint
            proxy = proxy_for({region: running.enter_context(cls(region=region)).endpoint for region in regions})
            proxy.rules(secret="test")  # and checks the signatures
            return proxy.endpoint

        yield start


def test_cross_region_replication(world, laminar):
    endpoint = world("us-east-1", "us-west-2")
    east, west = boto_client(endpoint, "us-east-1"), boto_client(endpoint, "us-west-2")
    create_stream(east, "orders", 2)
    create_stream(west, "orders-replica", 2)
    many = [f'{{"order_id": {n}, "customer_id": "c-{n % 7}", "items": [{n}], "total_amount": {n}.{n % 100:02d}, "order_time": "2026-01-01T00:00:00Z"}}'
            for n in range(1000, 1300)]
    texts = ORDERS + many
    put_all(east, "orders", [t.encode() for t in texts])

    begin = datetime.datetime.now(UTC)
    run = laminar("run", script=page("replication"), endpoint=endpoint)
    reader = StreamReader(west, "orders-replica")
    reader.read_until(len(texts))
    assert run.stop() == 0, run.describe()
    end = datetime.datetime.now(UTC)
    reader.read_to_tip()

    assert by_id(found_order(r.data) for r in reader.records) == by_id(expected_order(t) for t in texts)
    replica = next(r.data for r in reader.records if b'"order_id":1,' in r.data.replace(b" ", b""))
    assert b"12345678901234.5678" in replica
    for record in reader.records:
        assert begin <= utc_text(json.loads(record.data)["replicated_at"]) <= end
    # Regions are kept apart.
    assert "orders-replica" not in east.list_streams()["StreamNames"] and "orders" not in west.list_streams()["StreamNames"]
    assert len(read_all(east, "orders")) == len(texts)


def test_iot_data_processing(world, laminar):
    endpoint = world("eu-west-1")
    client = boto_client(endpoint, "eu-west-1")
    create_stream(client, "iot-sensors", 2)
    create_stream(client, "iot-alerts", 1)
    put_all(client, "iot-sensors", [json.dumps(reading(1000 + i, 90)).encode() for i in range(50)])  # before the start: `latest` must not see them

    run = laminar("run", script=page("iot"), endpoint=endpoint).wait_reading()
    rows = [reading(device, temperature) for device, temperature in READINGS] + [reading(100 + i, 25 + i / 10) for i in range(200)]
    put_all(client, "iot-sensors", [json.dumps(row).encode() for row in rows])
    expected = [alert for alert in map(expected_alert, rows) if alert]
    reader = StreamReader(client, "iot-alerts")
    reader.read_until(len(expected))
    assert run.stop() == 0, run.describe()
    reader.read_to_tip()

    assert by_id(found_alert(r.data) for r in reader.records) == by_id(expected)


def test_real_time_analytics(world, laminar):
    endpoint = world("us-east-1")
    client = boto_client(endpoint, "us-east-1")
    create_stream(client, "clickstream-raw", 4)
    create_stream(client, "page-metrics", 1)
    rows = clicks(random.Random(11))
    expected = expected_metrics(rows)

    run = laminar("run", script=page("clickstream"), endpoint=endpoint).wait_reading()
    put_all(client, "clickstream-raw", [json.dumps(row).encode() for row in rows])
    put_to_each_shard(client, "clickstream-raw", json.dumps(dict(rows[0], event_time=time_text(3600))).encode())
    reader = StreamReader(client, "page-metrics")
    reader.read_until(len(expected))
    assert run.stop() == 0, run.describe()
    reader.read_to_tip()

    assert sorted((found_metric(r.data) for r in reader.records), key=str) == expected


def test_transaction_monitoring(world, laminar):
    endpoint = world("us-east-1")
    client = boto_client(endpoint, "us-east-1")
    create_stream(client, "financial-transactions", 4)
    create_stream(client, "fraud-detection", 2)
    rows = transactions(random.Random(12))
    expected = expected_checks(rows)

    begin = datetime.datetime.now(UTC)
    # The page names no region for these tables: it is the environment's.
    run = laminar("run", script=page("fraud"), endpoint=endpoint, environment={"AWS_REGION": "us-east-1"}).wait_reading()
    put_all(client, "financial-transactions", [json.dumps(transaction_record(row)).encode() for row in rows])
    put_to_each_shard(client, "financial-transactions", json.dumps(transaction_record(dict(rows[0], transaction_id="last", seconds=5 * 3600.0))).encode())
    # ferrokinesis passes over records that are written while an iterator follows: the whole stream is read each time.
    wait_for(lambda: len(read_all(client, "fraud-detection")) >= len(expected), 60, run.describe)
    reader = StreamReader(client, "fraud-detection")
    assert run.stop() == 0, run.describe()
    end = datetime.datetime.now(UTC)
    reader.read_to_tip()

    found = {}
    for r in reader.records:
        (transaction, check), checked_at = found_check(r.data)
        assert transaction not in found
        assert begin <= checked_at <= end
        found[transaction] = check
    assert found == expected
