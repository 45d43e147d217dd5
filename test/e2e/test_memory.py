"""--memory-limit: what does not fit ends the pipeline, and the process stays within the limit until it has."""

import pytest

from harness.sql import source
from harness.streams import create_stream, put_all

MIB = 1 << 20
LEAST = 128  # MiB
# By which the process may be over its limit: one batch of rows and the table that grows for it.
SLACK = 16 * MIB

GENERATED = """
CREATE TABLE g (
    k TEXT AS (concat('key ', i)), few BIGINT AS (i % 100), v DOUBLE AS (r), ts TIMESTAMP AS (TIMESTAMP '2026-01-01' + to_microseconds(i)),
    WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
) WITH (connector = 'generator', type = 'source');
"""
SINK = "CREATE TABLE nothing WITH (connector = 'blackhole', type = 'sink');\n"
WINDOW = "TUMBLE(ts, INTERVAL '1' HOUR)"
RANGE = "ORDER BY ts RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW"
OUTGROWN = {
    "windows": (f"SELECT k, SUM(v) AS s FROM g GROUP BY k, {WINDOW}", "the open windows hold", "smaller windows"),
    "hop": ("SELECT k, SUM(v) AS s FROM g GROUP BY k, HOP(ts, INTERVAL '1' SECOND, INTERVAL '1' HOUR)", "the open windows hold", "smaller windows"),
    "distinct": (f"SELECT COUNT(DISTINCT k) AS n FROM g GROUP BY {WINDOW}", "the open windows hold", "smaller windows"),
    # MAX keeps its strings where only the process shows them.
    "strings": (f"SELECT k, MAX(repeat(k, 100)) AS m FROM g GROUP BY k, {WINDOW}", "the open windows hold", "smaller windows"),
    "list": (f"SELECT few, LIST(v) AS l FROM g GROUP BY few, {WINDOW}", "the open windows hold", "smaller windows"),
    "sessions": ("SELECT k, SUM(v) AS s FROM g GROUP BY k, SESSION(ts, INTERVAL '1' HOUR)", "the open sessions hold", "a shorter gap"),
    "over of few": (f"SELECT few, SUM(v) OVER (PARTITION BY few {RANGE}) AS s FROM g", "the rows that OVER looks back on hold", "shorter frames"),
    "over of many": (f"SELECT k, SUM(v) OVER (PARTITION BY k {RANGE}) AS s FROM g", "the rows that OVER looks back on hold", "shorter frames"),
    # Two million groups of one batch.
    "within one step": (f"SELECT k, n, COUNT(*) AS c FROM (SELECT k, ts, UNNEST(range(1000)) AS n FROM g) GROUP BY k, n, {WINDOW}", "the open windows hold",
                        "fewer groups"),
}


def assert_ends(run, limit, holder, change):
    peak = run.peak_rss_until_end()
    run.expect(1)
    assert "state does not fit into --memory-limit" in run.stderr and holder in run.stderr, run.describe()
    assert "hint: Raise --memory-limit, or use " in run.stderr and change in run.stderr, run.describe()
    print(f"{peak / MIB:.0f} MiB of {limit}")
    assert peak <= limit * MIB + SLACK, f"{peak / MIB:.0f} MiB with --memory-limit {limit}MiB"


@pytest.mark.parametrize("parallelism", [1, 2])
@pytest.mark.parametrize("name", OUTGROWN)
def test_state_that_outgrows_the_least_limit(laminar, name, parallelism):
    query, holder, change = OUTGROWN[name]
    run = laminar("run", "--memory-limit", f"{LEAST}MiB", "--parallelism", parallelism, script=f"{GENERATED}{SINK}INSERT INTO nothing {query};\n")
    assert_ends(run, LEAST, holder, change)


def test_state_behind_a_stream_with_full_buffers(quick_server, new_name, laminar):
    """A backlog of more than the source may hold prefetched, into windows that nothing closes."""
    client = quick_server.client()
    name = new_name("outgrown")
    create_stream(client, name, 2)
    rows = [b'{"k": "some key of the row %d", "ts": "2026-01-01T00:00:00Z"}' % n for n in range(600_000)]
    put_all(client, name, [b"\n".join(rows[i:i + 500]) for i in range(0, len(rows), 500)])
    script = (source("events", "k TEXT, ts TIMESTAMP", name) + SINK
              + "INSERT INTO nothing SELECT k, COUNT(*) AS n FROM events GROUP BY k, TUMBLE(ts, INTERVAL '1' HOUR);\n")
    run = laminar("run", "--memory-limit", f"{LEAST}MiB", script=script, endpoint=quick_server.endpoint)
    assert_ends(run, LEAST, "the open windows hold", "smaller windows")


def test_less_than_the_program_needs_is_refused(laminar):
    run = laminar("run", "--memory-limit", "127MiB", script="SELECT 1 AS one;\n").expect(2)
    assert "--memory-limit 127MiB is too little" in run.stderr and "at least 128MiB" in run.stderr, run.describe()
