"""`laminar apply`: pipelines become what their files say, as often as it is run."""

import json

import pytest
from harness.client import Client
from harness.process import wait_for
from harness.server import Server

GENERATOR = """CREATE TABLE readings (
    device BIGINT AS (i % 3),
    celsius DOUBLE AS (20 + i % 10),
    ts TIMESTAMP AS (TIMESTAMP '2026-01-01' + to_seconds(i)),
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (connector = 'generator', rows_per_second = 200);
"""
COUNT = GENERATOR + "SELECT {key}, count(*) AS n, TUMBLE_START(ts, INTERVAL '10' SECOND) AS s FROM readings GROUP BY {key}, TUMBLE(ts, INTERVAL '10' SECOND);\n"
BY_DEVICE, BY_CELSIUS = COUNT.format(key="device"), COUNT.format(key="celsius")


@pytest.fixture
def server(laminar, tmp_path):
    return Server(laminar, tmp_path)


@pytest.fixture
def client(server):
    return Client(server)


@pytest.fixture
def script(tmp_path):
    def write(name, text):
        path = tmp_path / f"{name}.sql"
        path.write_text(text)
        return path

    return write


def pipeline(client, name):
    return client.json("pipelines", "show", name)


def test_it_may_be_run_again_at_any_time(client, script):
    files = [script("orders", BY_DEVICE), script("other", "SET pipeline.name = 'Größen 2';\n" + BY_CELSIUS)]
    assert client.ok("apply", *files, "--wait") == "orders: created\norders: Running\nGrößen 2: created\nGrößen 2: Running\n"
    before = client.json("pipelines", "list")
    assert client.ok("apply", *files) == "orders: unchanged\nGrößen 2: unchanged\n"
    assert client.json("pipelines", "list") == before
    # Settings that are not named stay; those that are are compared.
    assert client.ok("apply", files[0], "--parallelism", "2", "--checkpoint-interval", "500ms", "--wait") == (
        "orders: updated (parallelism, checkpoint interval), restarted\norders: Running\n")
    assert client.ok("apply", files[0], "--parallelism", "2") == "orders: unchanged\n"
    assert client.ok("apply", *files) == "orders: unchanged\nGrößen 2: unchanged\n"
    now = pipeline(client, "orders")
    assert (now["parallelism"], now["checkpoint_interval_micros"], now["restarts_per_hour"]) == (2, 500_000, 10)


def test_another_query(server, client, script):
    client.ok("apply", script("orders", BY_DEVICE), "--checkpoint-interval", "200ms", "--wait")
    first = pipeline(client, "orders")
    renamed = BY_DEVICE.replace("AS n", "AS rows")
    file = script("orders", renamed)
    assert client.ok("apply", file, "--no-restart") == "orders: updated (query), to be restarted\n"
    assert pipeline(client, "orders")["job_id"] == first["job_id"]
    assert client.ok("apply", file, "--no-restart") == "orders: unchanged, to be restarted\n"
    assert client.ok("apply", file, "--wait") == "orders: unchanged, restarted\norders: Running\n"
    now = pipeline(client, "orders")
    assert now["job_id"] != first["job_id"] and now["running_query"] == renamed
    assert client.ok("apply", file) == "orders: unchanged\n"
    # A state that does not fit.
    server.wait_state(now, "Running")
    other = script("orders", BY_CELSIUS)
    said = client.refused(2, "apply", other)
    assert "orders: " in said and "--fresh" in said and '"fresh"' not in said
    assert pipeline(client, "orders")["query"] == renamed
    assert client.ok("apply", other, "--fresh", "--wait") == "orders: updated (query), restarted\norders: Running\n"
    assert pipeline(client, "orders")["running_query"] == BY_CELSIUS


def test_what_does_not_run(client, script):
    file = script("orders", BY_DEVICE)
    client.ok("apply", file, "--wait")
    client.ok("pipelines", "stop", "orders", "--wait")
    assert client.ok("apply", file) == "orders: unchanged; it does not run (Stopped)\n"
    file = script("orders", BY_DEVICE.replace("AS n", "AS rows"))
    assert client.ok("apply", file) == "orders: updated (query); it does not run (Stopped)\n"
    assert client.ok("apply", file, "--start", "--wait") == "orders: unchanged, started\norders: Running\n"
    assert client.ok("apply", file, "--start") == "orders: unchanged\n"


def test_fresh_is_for_what_changes(server, client, script):
    """A pipeline that is only started goes on from its checkpoint."""
    rows = "CREATE TABLE readings (device BIGINT AS (i)) WITH (connector = 'generator', rows_per_second = 200);\nSELECT device{more} FROM readings;\n"
    same, other = script("same", rows.format(more="")), script("other", rows.format(more=""))
    client.ok("apply", same, other, "--wait")
    for name in ("same", "other"):
        wait_for(lambda: client.ok("jobs", "output", name).count("\n") > 50, 20, server.run.describe)
        client.ok("pipelines", "stop", name, "--wait")
    script("other", rows.format(more=" + 0 AS device"))
    assert client.ok("apply", same, other, "--fresh", "--start") == "same: unchanged, started\nother: updated (query), started\n"

    def first(name):
        output = client.ok("jobs", "output", name)
        return output and json.loads(output.splitlines()[0])["device"]

    wait_for(lambda: first("same") != "" and first("other") != "", 20, server.run.describe)
    assert first("same") > 50 and first("other") == 0


def test_dry_run(client, script):
    file = script("orders", BY_DEVICE)
    assert client.ok("apply", file, "--dry-run") == "orders: would be created\n"
    assert client.json("pipelines", "list")["data"] == []
    client.ok("apply", file, "--wait")
    assert client.ok("apply", file, "--dry-run") == "orders: unchanged\n"
    file = script("orders", BY_CELSIUS)
    assert client.ok("apply", file, "--dry-run", "--parallelism", "3") == "orders: would be updated (query, parallelism), would be restarted\n"
    assert pipeline(client, "orders")["query"] == BY_DEVICE
    wrong = script("wrong", "SELECT nothing FROM nowhere;\n")
    said = client.refused(2, "apply", wrong, "--dry-run")
    assert f"{wrong}:1:" in said and "^\n" in said


def test_what_is_wrong(client, script, tmp_path):
    right, wrong = script("right", BY_DEVICE), script("wrong", "SELECT 1 AS one,\n  nothing FROM nowhere;\n")
    # The others are applied all the same.
    done = client.run("apply", wrong, right)
    assert done.returncode == 2 and done.stdout == "right: created\n" and f"{wrong}:2:" in done.stderr and "^\n" in done.stderr
    assert "two of the files make the pipeline 'right'" in client.refused(2, "apply", right, script("other", "SET pipeline.name = 'right';\n" + BY_DEVICE))
    assert "has no name" in client.refused(2, "apply", "-", stdin=BY_DEVICE)
    assert client.ok("apply", "-", stdin="SET pipeline.name = 'piped';\n" + BY_DEVICE) == "piped: created\n"
    assert "cannot read" in client.refused(2, "apply", tmp_path / "none.sql")
    assert "--wait=soon is not a length of time" in client.refused(2, "apply", right, "--wait=soon")
    for interval in ("0", "1", "2d"):
        said = client.refused(2, "apply", right, "--checkpoint-interval", interval)
        assert f"--checkpoint-interval {interval} is not between 100 ms and 24 hours" in said and "Write 10s" in said
    assert "--memory-limit 1MB is not between 128 MiB and 1024 TiB" in client.refused(2, "apply", right, "--memory-limit", "1MB")
    said = client.refused(2, "apply", right, "--memory-limit", "100TB")
    assert "--memory-limit is more than the server's own, " in said and "B\n" in said
    # A time that stands apart is taken for a file.
    assert "write --wait=5s" in client.refused(2, "apply", right, "--wait", "5s")
    client.variables["LAMINAR_SERVER"] = "http://127.0.0.1:1"
    assert "nobody answers" in client.refused(1, "apply", right)


def test_waiting_for_one_that_fails(laminar, tmp_path, quick_server, script):
    client = Client(Server(laminar, tmp_path, endpoint=quick_server.endpoint))
    file = script("missing", "CREATE TABLE s (id BIGINT) WITH (connector = 'kinesis', stream_name = 'no-such-stream', aws_region = 'us-east-1', type = 'source', 'source.offset' = 'latest', format = 'json');\nSELECT id FROM s;\n")
    done = client.run("apply", file, "--wait")
    assert done.returncode == 1 and done.stdout == "missing: created\n"
    assert "missing has failed: " in done.stderr and "no-such-stream" in done.stderr
    # It is a failure, too, where nothing of it has changed.
    again = client.run("apply", file, "--wait")
    assert again.returncode == 1 and again.stdout == "missing: unchanged; it does not run (Failed)\n"
    assert "missing has failed: " in again.stderr and "no-such-stream" in again.stderr and "--start" in again.stderr
    # One that has failed is started when it is asked for.
    assert client.ok("apply", file) == "missing: unchanged; it does not run (Failed)\n"
    assert "no-such-stream" in client.run("apply", file, "--start", "--wait").stderr
