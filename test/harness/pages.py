"""The user's page: rows for its four pipelines, and what their outputs must be, worked out here anew."""

import bisect
import datetime
import json
from collections import defaultdict
from decimal import Decimal

UTC = datetime.timezone.utc


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


BASE = datetime.datetime(2026, 5, 1, 9, 58, tzinfo=UTC)


def time_text(seconds):
    return (BASE + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def floor(instant, seconds):
    return datetime.datetime.fromtimestamp(instant.timestamp() // seconds * seconds, UTC)


def clicks(rng):
    """Twenty minutes of clicks, up to 3 s out of order, some of them twice, some without user or page."""
    rows = []
    for n in range(1500):
        user = rng.randrange(60)
        rows.append({"session_id": f"s-{user}-{rng.randrange(2)}", "user_id": None if user == 0 else f"user-{user}", "page_url": rng.choice(["/", "/cart", "/é?q=1", None]),
                     "referrer": "r", "user_agent": "a", "ip_address": "10.0.0.1", "event_time": time_text(n * 0.8 + 3 + rng.uniform(-3, 0))})
        if rng.random() < 0.1:
            rows.append(dict(rows[-1], referrer="a second record of the same moment"))
    return rows


def expected_metrics(rows):
    """Distinct (page, user, session, time) first, as the inner GROUP BY says; each lasts 0 s; then by page and five minutes."""
    moments = {(r["page_url"], r["user_id"], r["session_id"], instant(r["event_time"])) for r in rows}
    windows = defaultdict(list)
    for page_url, user, _, at in moments:
        windows[page_url, floor(at, 300)].append(user)
    return sorted(((page_url, len({u for u in users if u is not None}), len(users), 0.0, start, start + datetime.timedelta(minutes=5))
                   for (page_url, start), users in windows.items()), key=str)


def found_metric(data):
    row = json.loads(data)
    assert set(row) == {"page_url", "unique_users", "total_views", "avg_session_duration_sec", "window_start", "window_end"}
    return (row["page_url"], row["unique_users"], row["total_views"], row["avg_session_duration_sec"], utc_text(row["window_start"]), utc_text(row["window_end"]))


def transactions(rng):
    """Three hours of transactions of thirty accounts, each account's at times of its own; some without an amount. A shuffle within the delay."""
    rows = []
    for n in range(3000):
        account = rng.choice([0, 0, 0, 0, *range(30)])
        amount = None if rng.random() < 0.02 else Decimal(rng.randrange(1, 30_000_00)) / 100 if rng.random() < 0.05 else Decimal(rng.randrange(1, 200_00)) / 100
        rows.append({"transaction_id": f"tx-{n}", "account_id": f"account-{account}", "merchant_id": "m", "amount": amount, "currency": "EUR",
                     "seconds": n * 3.6 + rng.uniform(0, 3)})
    return sorted(rows, key=lambda row: row["seconds"] + rng.uniform(0, 3))


def expected_checks(rows):
    """transaction_id -> (risk_score, risk_factors, is_suspicious), by SQL's logic of three values."""
    checks, accounts = {}, defaultdict(list)
    for row in rows:
        accounts[row["account_id"]].append(row)
    for of_account in accounts.values():
        of_account.sort(key=lambda row: row["seconds"])
        times = [row["seconds"] for row in of_account]
        for i, row in enumerate(of_account):
            hour_count = i + 1 - bisect.bisect_left(times, row["seconds"] - 3600)
            amounts = [r["amount"] for r in of_account[max(0, i - 100):i + 1] if r["amount"] is not None]
            amount, frequent = row["amount"], hour_count > 10
            large = None if amount is None else amount > 10000
            anomaly = None if amount is None or not amounts else float(amount) > float(sum(amounts) / len(amounts)) * 3
            score = 0.8 if large else 0.7 if frequent else 0.6 if anomaly else 0.1
            factors = {"large_amount": large, "high_frequency": frequent, "amount_anomaly": anomaly}
            checks[row["transaction_id"]] = (score, factors, True if frequent else large)
    return checks


def transaction_record(row):
    """As it is put."""
    return {key: float(value) if isinstance(value, Decimal) else value for key, value in row.items() if key != "seconds"} | {"transaction_time": time_text(row["seconds"])}


def found_check(data):
    """(transaction_id, (risk_score, risk_factors, is_suspicious)) and checked_at."""
    check = json.loads(data)
    assert set(check) == {"transaction_id", "risk_score", "risk_factors", "is_suspicious", "checked_at"}
    return (check["transaction_id"], (check["risk_score"], check["risk_factors"], check["is_suspicious"])), utc_text(check["checked_at"])
