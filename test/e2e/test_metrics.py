"""--metrics-listen: what Prometheus and a health check see of a running pipeline."""

import json
import re
import socket
import subprocess

import pytest

from prometheus_client.parser import text_string_to_metric_families

from harness.laminar import binary
from harness.process import clean_environment, wait_for
from harness.server import Server
from harness.servers import http_get
from harness.sql import copy, sink, source
from harness.streams import create_stream, put_all, read_all

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*",?)*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|NaN|[+-]Inf)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"')

ESCAPED = re.compile(r"\\(.)")


def parse(text):
    """The text exposition format 0.0.4, strictly: {(name, ((label, value), ...)): figure}. Every sample stands under its own HELP and TYPE."""
    assert text.endswith("\n")
    figures, described, kind, current = {}, set(), None, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            current, help_text = line[7:].split(" ", 1)
            assert current not in described and help_text, line
            described.add(current)
            kind = None
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == current and kind in ("counter", "gauge", "histogram"), line
            assert (kind == "counter") == name.endswith("_total"), line
        else:
            found = SAMPLE.match(line)
            assert found, line
            name, labels, value = found.groups()
            assert kind and name in ([current + suffix for suffix in ("_bucket", "_sum", "_count")] if kind == "histogram" else [current]), line
            key = (name, tuple((label, ESCAPED.sub(lambda escaped: {"n": "\n"}.get(escaped.group(1), escaped.group(1)), text)) for label, text in LABEL.findall(labels or "")))
            assert key not in figures, line
            figures[key] = float(value)
    agrees_with_prometheus(text, figures)
    return figures


def agrees_with_prometheus(text, figures):
    """Its own Python client reads the same from it."""
    seen = {(sample.name, tuple(sample.labels.items())): sample.value for family in text_string_to_metric_families(text) for sample in family.samples}
    assert seen == figures


def by(figures, name, *labels):
    """{(values of these labels): the sum of a metric's figures}"""
    sums = {}
    for (metric, pairs), value in figures.items():
        if metric == name:
            key = tuple(dict(pairs)[label] for label in labels)
            sums[key] = sums.get(key, 0) + value
    return sums


def listening(run):
    """The address that it serves at, from its log."""

    def said():
        run_ended = run.process.poll() is not None
        found = re.search(r"serving /metrics and /healthz.*?(http://[^\s\"]+)", run.stderr)
        assert found or not run_ended, run.describe()
        return found and found.group(1)

    return wait_for(said, 20, run.describe)


def test_figures_and_health_of_a_pipeline(quick_server, new_name, laminar):
    client, source, sink = quick_server.client(), new_name("seen-in"), new_name("seen-out")
    for name in (source, sink):
        create_stream(client, name, 1)
    put_all(client, source, [b'{"n": %d, "k": "a"}' % n for n in range(100)])
    run = laminar("run", "--metrics-listen", "0", script=copy(source, sink), endpoint=quick_server.endpoint, environment={"AWS_REGION": "us-east-1"})
    url = listening(run)
    assert url.startswith("http://127.0.0.1:")
    run.wait_reading()
    assert http_get(f"{url}/healthz") == (200, b"ok\n")

    def figures():
        status, text = http_get(f"{url}/metrics")
        assert status == 200
        return parse(text.decode())

    seen = wait_for(lambda: (f := figures())[("laminar_rows_out_total", ())] == 100 and f, 20, run.describe)
    assert seen[("laminar_rows_in_total", ())] == 100
    assert seen[("laminar_healthy", ())] == 1
    assert seen[("laminar_failing_requests", ())] == 0
    assert seen[("process_resident_memory_bytes", ())] > 10 << 20
    assert seen[("process_cpu_seconds_total", ())] > 0
    assert seen[("process_threads", ())] >= 1 and seen[("process_open_fds", ())] > 3
    assert any(name == "laminar_build_info" for name, _ in seen)
    assert by(seen, "laminar_source_rows_total", "table") == {("copied",): 100}
    assert by(seen, "laminar_shard_rows_total", "table", "shard") == {("copied", "shardId-000000000000"): 100}
    assert by(seen, "laminar_source_shards", "state") == {("reading",): 1, ("waiting",): 0}
    assert by(seen, "laminar_sink_rows_total", "table") == {("copies",): 100}
    sent = by(seen, "laminar_sink_request_seconds_count", "table")[("copies",)]
    assert sent == seen[("laminar_write_requests_total", ())] >= 1
    assert by(seen, "laminar_sink_request_seconds_bucket", "le")[("+Inf",)] == sent
    rows_in, rows_out = (by(seen, f"laminar_operator_rows_{way}_total", "node", "operator") for way in ("in", "out"))
    assert set(rows_in.values()) == set(rows_out.values()) == {100} and {operator for _, operator in rows_in} >= {"Source copied", "Sink copies"}
    assert http_get(f"{url}/")[0] == 404
    assert run.stop() == 0, run.describe()
    with pytest.raises(OSError):
        http_get(f"{url}/healthz")
    assert len(read_all(client, sink)) == 100


def test_figures_of_a_source_have_its_table(tmp_path, quick_server, new_name, laminar):
    name = new_name("labelled")
    create_stream(quick_server.client(), name, 1)
    put_all(quick_server.client(), name, [b'{"ts": "2026-01-01T00:00:10Z"}', b'{"ts": "2026-01-01T00:02:00Z"}', b'{"ts": "2026-01-01T00:00:20Z"}'])
    script = (f"CREATE TABLE clicks (ts TIMESTAMP, WATERMARK FOR ts) WITH (connector = 'kinesis', stream_name = '{name}', type = 'source', "
              "'source.offset' = 'earliest', format = 'json');\n"
              "SELECT count(*) AS n, tumble(INTERVAL '1' MINUTE) AS w FROM clicks GROUP BY w;\n")
    run = laminar("run", "--metrics-listen", "127.0.0.1:0", script=script, endpoint=quick_server.endpoint, environment={"AWS_REGION": "us-east-1"})
    url = listening(run)
    of_clicks = (("table", "clicks"),)
    seen = wait_for(lambda: (f := parse(http_get(f"{url}/metrics")[1].decode())).get(("laminar_watermark_seconds", of_clicks), 0) > 0 and f, 20, run.describe)
    # The latest event time, less the usual event_time.max_delay of 5 s.
    assert seen[("laminar_watermark_seconds", of_clicks)] == 1_767_225_720 - 5
    assert ("laminar_late_rows_total", of_clicks) in seen
    assert run.stop() == 0, run.describe()


def test_health_while_requests_fail(quick_server, new_name, laminar):
    """The server goes away: unwell, with the reason."""
    server = type(quick_server)()
    try:
        name = new_name("gone")
        for stream in (name, name + "-out"):
            create_stream(server.client(), stream, 1)
        run = laminar("run", "--metrics-listen", "0", script=copy(name, name + "-out"), endpoint=server.endpoint, environment={"AWS_REGION": "us-east-1"})
        url = listening(run)
        status, said = http_get(f"{url}/healthz")
        if status == 503:  # it may be reading already
            assert said == b"pipeline: starting: not all sources stand at their position\n"
        run.wait_reading()
    finally:
        server.stop()
    wait_for(lambda: b"failed again and again" in http_get(f"{url}/healthz")[1], 60, run.describe, pause=0.1)
    assert http_get(f"{url}/healthz")[0] == 503
    seen = parse(http_get(f"{url}/metrics")[1].decode())
    assert seen[("laminar_failing_requests", ())] >= 1 and seen[("laminar_healthy", ())] == 0
    run.kill()


def refused(tmp_path, address):
    script = tmp_path / "p.sql"
    script.write_text("SELECT 1 AS one;\n")
    return subprocess.run([binary(), "run", "--metrics-listen", address, script], capture_output=True, text=True, env=clean_environment(), timeout=60)


def test_an_address_that_cannot_be_had(tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = refused(tmp_path, str(port))
        assert done.returncode == 1, done.stderr
        assert f"cannot serve metrics at 127.0.0.1:{port}: the port is taken" in done.stderr and done.stdout == ""
    for address, words in (("70000", "'70000' is no port"), ("::1:80", "[ADDRESS]:PORT"), ("192.0.2.1:9464", "no address of this machine")):
        done = refused(tmp_path, address)
        assert done.returncode == 2, done.stderr
        assert words in done.stderr and "--metrics-listen PORT or HOST:PORT" in done.stderr and done.stdout == "", done.stderr


def test_figures_of_a_server(laminar, tmp_path):
    """Of all its pipelines at once, by their names, without a token; of itself too. What they log has their name."""
    server = Server(laminar, tmp_path, "--log-format", "json")
    query = "CREATE TABLE readings (n BIGINT AS (i)) WITH (connector = 'generator', rows_per_second = 500);\nSELECT n FROM readings WHERE n % 10 = 0"
    for name in ("one", 'the "other"'):
        server.wait_state(server.create(name, query), "Running")
    assert server.call("GET", "/v1/ping", token=None).status_code == 200
    assert server.call("GET", "/v1/audit", token=None).status_code == 401

    def seen():
        answer = server.call("GET", "/metrics", token=None)
        assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return parse(answer.text)

    # One page serves all who ask within half a second.
    figures = wait_for(lambda: (f := seen()) and len(rows := by(f, "laminar_rows_out_total", "pipeline")) == 2 and min(rows.values()) > 0 and f, 20, server.run.describe)
    assert by(figures, "laminar_pipelines", "state") == {("Running",): 2}
    assert by(figures, "laminar_pipeline_restarts_total", "pipeline") == {("one",): 0, ('the "other"',): 0}
    for way in ("in", "out"):
        nodes = by(figures, f"laminar_operator_rows_{way}_total", "pipeline", "node")
        assert len({pipeline for pipeline, _ in nodes}) == 2
    def counted():
        found = by(seen(), "laminar_http_requests_total", "operation", "status")
        return found if ("listAudit", "401") in found else None

    requests = wait_for(counted, 20, server.run.describe)
    assert requests[("ping", "200")] == 1 and requests[("createPipeline", "200")] == 2
    assert by(figures, "laminar_http_request_seconds_count", "operation")[("ping",)] == 1
    assert figures[("laminar_http_connections", ())] >= 1 and figures[("laminar_healthy", ())] == 1
    of_pipelines = [line["pipeline"] for line in map(json.loads, server.run.stderr.splitlines()) if "pipeline" in line]
    assert set(of_pipelines) == {"one", 'the "other"'}
    assert server.run.stop() == 0, server.run.describe()


def test_a_server_may_have_no_such_page(laminar, tmp_path):
    server = Server(laminar, tmp_path, "--metrics", "off")
    assert server.call("GET", "/metrics", token=None).status_code == 401
    assert server.call("GET", "/metrics").status_code == 404
    assert server.run.stop() == 0, server.run.describe()
