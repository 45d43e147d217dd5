"""The web console as `laminar serve` has it: its files over HTTP, and journeys through it in a real browser (journeys.mjs)."""

import gzip
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import requests

from harness.process import die_with_parent, wait_for
from harness.rest_server import RestServer
from harness.streams import create_stream

HERE = Path(__file__).parent
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SIZES = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]

needs_browser = pytest.mark.skipif(not os.environ.get("LAMINAR_TEST_BROWSER") or not os.environ.get("LAMINAR_TEST_CHROMIUM"),
                                   reason="needs chromium and what drives it: scripts/test-servers browser")


@pytest.fixture
def server(laminar, tmp_path):
    return RestServer(laminar, tmp_path)


@pytest.fixture(scope="session")
def shots(tmp_path_factory):
    """Where the pictures go."""
    folder = Path(os.environ.get("LAMINAR_TEST_SHOTS") or tmp_path_factory.mktemp("console"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def journey(server, shots):
    """journey("pipeline", width=390): what is wrong with it is the failure."""

    def go(name, **settings):
        label = settings.pop("label", name)
        tests = "/connection_tables/test" in server.call("GET", "/v1/openapi.json").text
        settings = {"base": server.base, "token": server.token, "shots": str(shots), "name": label, "tests": tests, "figures": False} | settings
        run = subprocess.run([shutil.which("node"), HERE / "journeys.mjs", name, json.dumps(settings)], capture_output=True, text=True, timeout=240, preexec_fn=die_with_parent)
        assert run.returncode == 0, f"{run.stdout}{run.stderr}\nthe server:\n{server.run.stderr[-3000:]}"

    return go


# ---- over HTTP


def test_pages_are_there_for_everybody(server):
    index = requests.get(server.base + "/", timeout=20)
    assert index.status_code == 200 and index.headers["Content-Type"] == "text/html; charset=utf-8" and "<title>Laminar</title>" in index.text
    for path in ("/pipelines", "/pipelines/pipe_1/errors", "/tables/new", "/nothing"):
        assert requests.get(server.base + path, headers=BROWSER, timeout=20).text == index.text, path
    policy = index.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert index.headers["X-Content-Type-Options"] == "nosniff" and index.headers["Referrer-Policy"] == "no-referrer"
    assert index.headers["Cache-Control"] == "no-cache"
    # Nothing stands in the page, or comes from elsewhere.
    assert "://" not in index.text and "<style" not in index.text and "onload" not in index.text


def test_files_last_and_are_sent_small(server):
    index = requests.get(server.base + "/", timeout=20).text
    script = next(part for part in index.split('"') if part.startswith("/assets/") and part.endswith(".js"))
    with requests.get(server.base + script, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=20) as answer:
        sent = answer.raw.read()
        assert answer.headers["Content-Encoding"] == "gzip" and "immutable" in answer.headers["Cache-Control"] and answer.headers["Vary"] == "Accept-Encoding"
        etag = answer.headers["ETag"]
    plain = requests.get(server.base + script, headers={"Accept-Encoding": "identity"}, timeout=20)
    assert "Content-Encoding" not in plain.headers and gzip.decompress(sent) == plain.content and plain.headers["ETag"] != etag
    again = requests.get(server.base + script, headers={"Accept-Encoding": "gzip", "If-None-Match": etag}, timeout=20)
    assert again.status_code == 304 and not again.content
    assert requests.head(server.base + script, timeout=20).status_code == 200


def test_what_is_not_the_consoles(server):
    for path, headers in (("/v1/nothing", BROWSER), ("/api/v1/nothing", BROWSER), ("/connection_tables", {}), ("/assets/nothing.js", BROWSER), ("/.env", BROWSER), ("/../etc/passwd", {})):
        answer = requests.get(server.base + path, headers=headers, timeout=20)
        assert answer.status_code in (401, 404) and answer.headers["Content-Type"].startswith("application/json"), path
    assert requests.get(server.base + "/healthz", headers=BROWSER, timeout=20).text == "ok\n"
    assert requests.post(server.base + "/pipelines", headers=BROWSER, timeout=20).status_code == 401


def test_who_asks(server, laminar):
    viewer = laminar("token", "create", "--name", "looks", "--role", "viewer", "--expires", "1d", "--database", server.database).expect(0).stdout.strip()
    admin, seen = server.call("GET", "/v1/whoami").json(), server.call("GET", "/v1/whoami", token=viewer).json()
    assert admin["name"] == "admin" and admin["role"] == "admin" and admin["expires_at"] is None
    assert seen["name"] == "looks" and seen["role"] == "viewer" and seen["expires_at"].endswith("Z") and seen["id"].startswith("tok_")
    assert server.call("GET", "/v1/whoami", token=None).status_code == 401


def test_bundle_stays_small(server):
    """What a first visit loads, compressed. A larger one has to be meant."""
    index = requests.get(server.base + "/", timeout=20).text
    files = {part for part in index.split('"') if part.startswith("/assets/")}
    total = 0
    for path in files:
        with requests.get(server.base + path, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=20) as answer:
            total += len(answer.raw.read())
    assert files and total < 130_000, total


# ---- in a browser


@needs_browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize("theme,width", SIZES)
def test_from_nothing_to_a_pipeline(journey, theme, width):
    journey("pipeline", signedIn=False, theme=theme, width=width, label=f"pipeline-{theme}-{width}")


@needs_browser
def test_a_session_that_ends(journey, server, laminar):
    token = laminar("token", "create", "--name", "short", "--role", "editor", "--database", server.database).expect(0).stdout.strip()
    journey("session", token=token, revoke=[str(Path(server.run.command[0])), "token", "revoke", "short", "--database", str(server.database)])


@needs_browser
def test_a_viewer_changes_nothing(journey, server, laminar):
    server.call("POST", "/v1/connection_tables", {"name": "numbers", "connector": "generator", "config": {"rowsPerSecond": 5}, "table_type": "source",
                                                   "schema": {"fields": [{"name": "n", "data_type": "BIGINT"}]}})  # fmt: skip
    journey("viewer", token=laminar("token", "create", "--name", "looks", "--role", "viewer", "--database", server.database).expect(0).stdout.strip())


@needs_browser
@pytest.mark.parametrize("theme,width", [("light", 1280), ("dark", 390)])
def test_tables_and_profiles(journey, server, theme, width):
    if "/connection_profiles" not in server.call("GET", "/v1/openapi.json").text:
        pytest.skip("this server has no profiles")
    journey("tables", theme=theme, width=width, label=f"tables-{theme}-{width}")


@needs_browser
@pytest.mark.parametrize("theme,width", [("light", 1280), ("dark", 390)])
def test_what_goes_wrong(journey, server, quick_server, new_name, theme, width):
    stream, client = new_name("console-orders"), quick_server.client()
    create_stream(client, stream)
    client.put_records(StreamName=stream, Records=[{"Data": data, "PartitionKey": "1"} for data in (b'{"id": 1, "who": "a"}', b'{"id": 2, "who": \x07 x}')])
    table = {"name": "orders", "connector": "kinesis", "config": {"streamName": stream, "awsRegion": "us-east-1", "endpoint": quick_server.endpoint, "type": {"offset": "earliest"}},
             "schema": {"fields": [{"name": "id", "data_type": "BIGINT"}, {"name": "who", "data_type": "TEXT"}]}}  # fmt: skip
    assert server.call("POST", "/v1/connection_tables", table).status_code == 200
    made = server.call("POST", "/v1/pipelines", {"name": "orders to check", "query": "SELECT id, who\nFROM orders\nWHERE id > 0"}).json()
    wait_for(lambda: server.call("GET", f"/v1/pipelines/{made['id']}").json()["state"] == "Failed", 30, server.run.describe)
    journey("failure", pipeline=made["id"], theme=theme, width=width, label=f"failure-{theme}-{width}")


@needs_browser
def test_a_change_that_its_state_does_not_fit(journey, server):
    table = """CREATE TABLE readings (device BIGINT AS (i % 5), celsius DOUBLE AS (20 + 10 * r), ts TIMESTAMP AS (TIMESTAMP '2026-01-01' + to_milliseconds(i)), WATERMARK FOR ts)
        WITH (connector = 'generator', rows_per_second = 100);"""
    query = table + """
        SELECT device, count(*) AS n FROM readings GROUP BY device, TUMBLE(ts, INTERVAL '1' MINUTE);"""
    made = server.call("POST", "/v1/pipelines", {"name": "highest", "query": query, "checkpoint_interval_micros": 200_000}).json()

    def checkpoint():
        pipeline = server.call("GET", f"/v1/pipelines/{made['id']}").json()
        return server.call("GET", f"/v1/jobs/{pipeline['job_id']}/checkpoints").json()["data"]

    wait_for(checkpoint, 30, server.run.describe)
    journey("change", pipeline=made["id"], table=table)


@needs_browser
def test_keyboard_theme_and_motion(journey):
    journey("habits")
