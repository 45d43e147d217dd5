"""The queries of bench/run: what Laminar runs, and what DuckDB is asked in its place over the same file (`input`).

Those of the user's page are taken from it word for word; only where the rows come from and go to is ours.
"""

import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

READINGS = "{key: 'VARCHAR', value: 'DOUBLE', ts: 'TIMESTAMP'}"
READING_COLUMNS = "(key TEXT, value DOUBLE, ts TIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)"


def readings(keys, select, duckdb):
    return {"data": f"readings-{keys}", "source": "readings", "sink": "results", "columns": READINGS, "declared": READING_COLUMNS,
            "insert": "INSERT INTO results " + select + ";\n", "select": duckdb}


def tumble(keys):
    return readings(
        keys, """SELECT key, COUNT(*) AS n, SUM(value) AS total, AVG(value) AS mean, TUMBLE_START(ts, INTERVAL '1' MINUTE) AS start
            FROM readings GROUP BY key, TUMBLE(ts, INTERVAL '1' MINUTE)""",
        """SELECT key, count(*) AS n, sum(value) AS total, avg(value) AS mean, time_bucket(INTERVAL '1 minute', ts) AS start
            FROM input GROUP BY key, start""")


# name -> data: the kind of bench/generate; source, sink: the tables of Laminar's script; columns: DuckDB's for read_json; select: DuckDB's query;
# and for a query that the page does not have: declared, the source's columns, and insert.
QUERIES = {
    "iot": {
        "data": "sensors", "source": "sensor_data", "sink": "anomaly_alerts",
        "columns": "{device_id: 'VARCHAR', location: 'JSON', temperature: 'DOUBLE', humidity: 'DOUBLE', pressure: 'DOUBLE', timestamp: 'TIMESTAMP'}",
        "select": """SELECT device_id, 'temperature_anomaly' AS alert_type,
            CASE WHEN temperature > 40 THEN 'critical' WHEN temperature > 35 THEN 'warning' ELSE 'info' END AS severity,
            json_object('temperature', temperature, 'location', location, 'threshold', 35) AS details, timestamp AS detected_at
            FROM input WHERE temperature > 30""",
    },
    "replication": {
        "data": "orders", "source": "orders_east", "sink": "orders_west",
        "columns": "{order_id: 'BIGINT', customer_id: 'VARCHAR', items: 'JSON', total_amount: 'DECIMAL(38,10)', order_time: 'TIMESTAMP'}",
        "select": "SELECT order_id, customer_id, items, total_amount, order_time, now() AS replicated_at FROM input",
    },
    "clickstream": {
        "data": "clicks", "source": "clickstream", "sink": "page_metrics",
        "columns": "{session_id: 'VARCHAR', user_id: 'VARCHAR', page_url: 'VARCHAR', event_time: 'TIMESTAMP'}",
        "select": """SELECT page_url, count(DISTINCT user_id) AS unique_users, count(*) AS total_views, avg(session_duration) AS avg_session_duration_sec,
            time_bucket(INTERVAL '5 minutes', event_time) AS window_start, window_start + INTERVAL '5 minutes' AS window_end
            FROM (SELECT page_url, user_id, session_id, extract(epoch FROM (max(event_time) - min(event_time))) AS session_duration, event_time
                  FROM input GROUP BY page_url, user_id, session_id, event_time)
            GROUP BY page_url, window_start""",
    },
    "fraud": {
        "data": "transactions", "source": "transactions", "sink": "fraud_checks",
        "columns": "{transaction_id: 'VARCHAR', account_id: 'VARCHAR', amount: 'DECIMAL(38,10)', transaction_time: 'TIMESTAMP'}",
        "select": """SELECT transaction_id,
            CASE WHEN amount > 10000 THEN 0.8 WHEN hour_tx_count > 10 THEN 0.7 WHEN amount > avg_amount * 3 THEN 0.6 ELSE 0.1 END AS risk_score,
            json_object('large_amount', amount > 10000, 'high_frequency', hour_tx_count > 10, 'amount_anomaly', amount > avg_amount * 3) AS risk_factors,
            amount > 10000 OR hour_tx_count > 10 AS is_suspicious, now() AS checked_at
            FROM (SELECT transaction_id, amount,
                  count(*) OVER (PARTITION BY account_id ORDER BY transaction_time
                                 RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS hour_tx_count,
                  avg(amount) OVER (PARTITION BY account_id ORDER BY transaction_time ROWS BETWEEN 100 PRECEDING AND CURRENT ROW) AS avg_amount
                  FROM input)""",
    },
    "tumble-10k": tumble(10_000),
    "tumble-1m": tumble(1_000_000),
    "tumble-dense": tumble(500),  # 120 rows a key and minute: what hop is compared with
    "hop": readings(
        500, """SELECT key, COUNT(*) AS n, SUM(value) AS total, AVG(value) AS mean, HOP_START(ts, INTERVAL '1' MINUTE, INTERVAL '1' HOUR) AS start
            FROM readings GROUP BY key, HOP(ts, INTERVAL '1' MINUTE, INTERVAL '1' HOUR)""",
        # DuckDB has no hopping windows: each row goes into the minutes' sums, and each window is made of its minutes.
        """WITH minutes AS (SELECT key, time_bucket(INTERVAL '1 minute', ts) AS minute, count(*) AS n, sum(value) AS total FROM input GROUP BY ALL)
            SELECT key, sum(n) AS n, sum(total) AS total, sum(total) / sum(n) AS mean, minute - to_minutes(back) AS start
            FROM minutes, (SELECT unnest(range(60)) AS back) GROUP BY key, start"""),
    "session": readings(
        10_000, """SELECT key, COUNT(*) AS n, SUM(value) AS total, SESSION_START(ts, INTERVAL '10' SECOND) AS start, SESSION_END(ts, INTERVAL '10' SECOND) AS stop
            FROM readings GROUP BY key, SESSION(ts, INTERVAL '10' SECOND)""",
        """SELECT key, count(*) AS n, sum(value) AS total, min(ts) AS start, max(ts) + INTERVAL '10 seconds' AS stop
            FROM (SELECT *, sum(fresh) OVER (PARTITION BY key ORDER BY ts) AS session
                  FROM (SELECT key, value, ts, (ts - lag(ts) OVER (PARTITION BY key ORDER BY ts) >= INTERVAL '10 seconds')::INT AS fresh FROM input))
            GROUP BY key, session"""),
}


def script(name, sink):
    """Laminar's script: from the file $input to `sink` (blackhole, or single_file at $output)."""
    query = QUERIES[name]
    if "insert" in query:
        columns, insert = query["declared"], query["insert"]
    else:
        page = open(os.path.join(ROOT, "test", "sql", "page", name + ".sql")).read()
        columns = re.search(rf"CREATE TABLE {query['source']} (\(.*?\)) WITH", page, re.S).group(1)
        insert = page[page.index("INSERT INTO"):]
    path = "path = $output, " if sink == "single_file" else ""
    return (f"CREATE TABLE {query['source']} {columns} WITH (connector = 'single_file', path = $input, type = 'source');\n"
            f"CREATE TABLE {query['sink']} WITH (connector = '{sink}', {path}type = 'sink');\n" + insert)


def duckdb(name, source):
    """DuckDB's query over the file."""
    query = QUERIES[name]
    return query["select"].replace("FROM input", f"FROM read_json('{source}', format='newline_delimited', columns={query['columns']})")
