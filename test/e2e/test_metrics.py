"""--metrics-listen: what Prometheus and a health check see of a running pipeline."""

import re
import socket
import subprocess

import pytest

from harness.laminar import binary
from harness.process import clean_environment, wait_for
from harness.servers import http_get
from harness.sql import copy
from harness.streams import create_stream, put_all, read_all

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*",?)*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|NaN|[+-]Inf)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"')


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
            assert name == current and kind in ("counter", "gauge"), line
            assert (kind == "counter") == name.endswith("_total"), line
        else:
            found = SAMPLE.match(line)
            assert found, line
            name, labels, value = found.groups()
            assert name == current and kind, line
            key = (name, tuple(LABEL.findall(labels or "")))
            assert key not in figures, line
            figures[key] = float(value)
    return figures


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
    assert seen[("process_resident_memory_bytes", ())] > 10 << 20
    assert seen[("process_cpu_seconds_total", ())] > 0
    assert any(name == "laminar_build_info" for name, _ in seen)
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
