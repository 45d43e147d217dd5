"""The user's page, word for word, on servers that we did not write: input by boto3, output by boto3, values worked out here anew."""

import contextlib
import datetime
import json
from decimal import Decimal

import pytest

from harness.servers import SERVERS, boto_client
from harness.sql import page
from harness.streams import StreamReader, create_stream, put_all, read_all

UTC = datetime.timezone.utc


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


def instant(text):
    """RFC 3339 with an offset -> UTC."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def utc_text(text):
    """An output timestamp: must be RFC 3339 in UTC."""
    assert text.endswith("Z"), text
    return instant(text)


ORDERS = [
    # The JSON text as it is put; numbers stay as they are written.
    '{"order_id": 1, "customer_id": "c-1", "items": [{"sku": "a", "qty": 2, "price": 9.90}], "total_amount": 12345678901234.5678, "order_time": "2026-01-31T23:59:59Z"}',
    '{"order_id": 2, "customer_id": "c-2", "items": {"nested": {"deep": [1, [2, {"x": null}], true]}}, "total_amount": 0.1, "order_time": "2026-02-28T12:00:00.123456Z"}',
    '{"order_id": 3, "customer_id": "Zoë \\u00fc \\"quoted\\" \\\\ 日本", "items": [], "total_amount": 100, "order_time": "2026-03-29T02:30:00+02:00"}',
    '{"order_id": 9007199254740993, "customer_id": "", "items": "just text", "total_amount": -0.0000000001, "order_time": "1999-12-31T00:00:00-11:30"}',
    '{"order_id": 5, "items": null, "total_amount": 1.5e3, "order_time": null, "unknown_field": [1, 2, 3]}',
    '{"order_id": 6}',
    '{ "order_time" : "2026-01-01T00:00:00Z" , "total_amount":99999999999999999999.9999999999, "order_id" :7,"customer_id":"c-7","items":{"a":1e-7}}',
]


def expected_order(text):
    """What the replica must say of an order, but for replicated_at."""
    order = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    time = order.get("order_time")
    return (int(order["order_id"]), order.get("customer_id"), order.get("items"), order.get("total_amount"), instant(time) if time else None)


def found_order(data):
    order = json.loads(data, parse_float=Decimal, parse_int=Decimal)
    assert set(order) <= {"order_id", "customer_id", "items", "total_amount", "order_time", "replicated_at"}
    time = order.get("order_time")
    return (int(order["order_id"]), order.get("customer_id"), order.get("items"), order.get("total_amount"), utc_text(time) if time else None)


def by_id(rows):
    return sorted(rows, key=lambda row: row[0])


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


READINGS = [(device, temperature) for device, temperature in enumerate(
    [-40, 0.0, 29.999, 30, 30.0, 30.000000000000004, 31.5, 34.99, 35, 35.0, 35.00001, 36, 40, 40.0, 40.1, 99.5, 1e300, None, 12.5, 33])]


def reading(device, temperature):
    row = {"device_id": f"sensor-{device}", "location": {"site": "hall é", "pos": [1.5, device]}, "humidity": 40.5, "pressure": 1013.25,
           "timestamp": f"2026-05-01T10:00:{device % 60:02d}.250Z"}
    if temperature is not None:
        row["temperature"] = temperature
    return row


def expected_alert(row):
    """(device_id, alert_type, severity, details, detected_at); None: no alert."""
    temperature = row.get("temperature")
    if temperature is None or not temperature > 30:
        return None
    severity = "critical" if temperature > 40 else "warning" if temperature > 35 else "info"
    details = {"temperature": float(temperature), "location": row["location"], "threshold": 35}
    return row["device_id"], "temperature_anomaly", severity, details, instant(row["timestamp"])


def found_alert(data):
    alert = json.loads(data)
    assert set(alert) == {"device_id", "alert_type", "severity", "details", "detected_at"}
    return alert["device_id"], alert["alert_type"], alert["severity"], alert["details"], utc_text(alert["detected_at"])


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
