"""The commands around `run`, as a user types them."""

import json
import signal
import subprocess

import pytest

from harness.laminar import ROOT, binary
from harness.process import clean_environment, wait_for
from harness.sql import page
from harness.streams import create_stream, put_all, read_all


def command(*arguments, stdin=None, **environment):
    variables = clean_environment(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_REGION="us-east-1", **environment)
    return subprocess.run([binary(), *map(str, arguments)], input=stdin, capture_output=True, env=variables, timeout=60)


def test_put_and_tail(quick_server, new_name, laminar):
    name = new_name("by-hand")
    create_stream(quick_server.client(), name, 2)
    done = command("put", name, stdin=b'{"n": 1}\n{"n": 2}\n\n{"n": 3}', AWS_ENDPOINT_URL=quick_server.endpoint)
    assert done.returncode == 0, done.stderr
    assert sorted(r.data for r in read_all(quick_server.client(), name)) == [b'{"n": 1}', b'{"n": 2}', b'{"n": 3}']
    tail = laminar("tail", name, endpoint=quick_server.endpoint, environment={"AWS_REGION": "us-east-1"})

    def shows_new_rows(counter=[100]):
        # When it is reading is not known from outside: rows are put until one is shown.
        put_all(quick_server.client(), name, [b'{"n": %d}' % counter[0]])
        counter[0] += 1
        return any('"n": 1' in line or '"n":1' in line for line in list(tail.stdout_lines))

    wait_for(shows_new_rows, 20, tail.describe, pause=0.1)
    assert tail.stop() == 0, tail.describe()


@pytest.mark.parametrize("name, source, sink", [("replication", b"orders_east", b"orders_west"), ("iot", b"sensor_data", b"anomaly_alerts")])
def test_check_and_explain(name, source, sink, tmp_path):
    script = tmp_path / f"{name}.sql"
    script.write_text(page(name))
    assert command("check", script).returncode == 0
    explained = command("explain", script)
    assert explained.returncode == 0 and source in explained.stdout and sink in explained.stdout


def test_check_finds_everything_at_once(tmp_path):
    script = tmp_path / "wrong.sql"
    script.write_text("CREATE TABLE a (n BIGINT) WITH (connector = 'kinesis', stream_nam = 's', type = 'source', 'source.offset' = 'first', format = 'json');\n"
                      "SELECT m FROM a;\n")
    done = command("check", script)
    said = done.stderr.decode() + done.stdout.decode()
    assert done.returncode == 2
    for word in ("stream_nam", "stream_name", "first", "latest", ":1:"):
        assert word in said, said


def test_a_window_without_event_time(tmp_path):
    """Over a file it would go by the clock of this run: refused. Over a stream it goes by the arrival of its records: said."""
    select = "SELECT count(*) AS n, tumble(INTERVAL '1' DAY) AS w FROM t GROUP BY w;\n"
    script = tmp_path / "window.sql"
    script.write_text("CREATE TABLE t (k TEXT, ts TIMESTAMP) WITH (connector = 'single_file', path = '/dev/null', type = 'source');\n" + select)
    done = command("check", script)
    assert done.returncode == 2 and b":2:23: error" in done.stderr and b"WATERMARK FOR ts" in done.stderr, done.stderr
    script.write_text("CREATE TABLE t (k TEXT, ts TIMESTAMP) WITH (connector = 'kinesis', stream_name = 's', type = 'source', 'source.offset' = 'latest', format = 'json');\n" + select)
    done = command("check", script)
    assert done.returncode == 0 and b"go by the arrival of its records, not by ts" in done.stderr, done.stderr


def test_script_from_stdin_with_a_variable(quick_server, new_name):
    name = new_name("variable")
    create_stream(quick_server.client(), name, 1)
    put_all(quick_server.client(), name, [b'{"n": %d}' % n for n in range(10)])
    script = (f"CREATE TABLE t (n BIGINT) WITH (connector = 'kinesis', stream_name = '{name}', type = 'source', 'source.offset' = 'earliest', format = 'json');\n"
              "SELECT n FROM t WHERE n >= $least;\n")
    done = command("run", "--until-caught-up", "--set", "least=7", "-", stdin=script.encode(), AWS_ENDPOINT_URL=quick_server.endpoint)
    assert done.returncode == 0, done.stderr
    assert sorted(json.loads(line)["n"] for line in done.stdout.splitlines()) == [7, 8, 9]


def test_connectors_lists_every_option():
    done = command("connectors")
    assert done.returncode == 0
    for word in (b"kinesis", b"single_file", b"stdout", b"blackhole", b"generator", b"sink.records_per_batch", b"500", b"source.offset"):
        assert word in done.stdout, word


def test_the_documentation_of_the_connectors_is_theirs():
    """docs/connectors.md is generated: laminar connectors --format markdown > docs/connectors.md"""
    done = command("connectors", "--format", "markdown")
    assert done.returncode == 0
    assert done.stdout.decode() == (ROOT / "docs/connectors.md").read_text(), "docs/connectors.md is out of date: generate it anew"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell):
    done = command("completion", shell)
    assert done.returncode == 0 and b"laminar" in done.stdout and b"explain" in done.stdout


def test_unknown_command():
    done = command("rum")
    assert done.returncode == 2 and b"run" in done.stderr


def test_a_closed_pipe_is_no_crash(quick_server, new_name):
    """laminar run ... | head -1"""
    name = new_name("piped")
    create_stream(quick_server.client(), name, 1)
    put_all(quick_server.client(), name, [b'{"n": %d}' % n for n in range(5000)])
    script = f"CREATE TABLE t (n BIGINT) WITH (connector = 'kinesis', stream_name = '{name}', type = 'source', 'source.offset' = 'earliest', format = 'json'); SELECT n FROM t;"
    variables = clean_environment(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_REGION="us-east-1", AWS_ENDPOINT_URL=quick_server.endpoint)
    run = subprocess.Popen([binary(), "run", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=variables)
    try:
        run.stdin.write(script.encode())
        run.stdin.close()
        assert json.loads(run.stdout.readline()) == {"n": 0}
        run.stdout.close()
        assert run.wait(30) in (0, 1)
    finally:
        run.kill()
        run.wait()
        run.stderr.close()


GENERATED = ("CREATE TABLE g (i BIGINT AS (i)) WITH (connector = 'generator', rows = 100);\n"
             "CREATE TABLE o (i BIGINT) WITH (connector = 'single_file', path = 'o.jsonl');\n"
             "INSERT INTO o SELECT * FROM g;\n")


@pytest.mark.parametrize("closed, code", [("<&-", 0), ("2>&-", 0), (">&-", 1), ("<&- >&- 2>&-", 1)])
def test_closed_standard_streams_are_not_taken_for_files(closed, code, tmp_path):
    """Rows and log lines for a stream that is closed never get into a file that has its number now."""
    (tmp_path / "p.sql").write_text(GENERATED + "SELECT i AS printed FROM g;\n")
    done = subprocess.run(["sh", "-c", f'"{binary()}" run p.sql {closed}'], cwd=tmp_path, capture_output=True, env=clean_environment(), timeout=60)
    assert done.returncode == code, done.stderr
    assert all(set(json.loads(line)) == {"i"} for line in (tmp_path / "o.jsonl").read_text().splitlines())
    if closed == ">&-":
        assert b"cannot write to stdout: Bad file descriptor" in done.stderr


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_starts_is_a_stop(sig, tmp_path):
    """A script that takes seconds to plan: the signal comes before anything runs."""
    views = "".join(f"CREATE VIEW v{n} AS SELECT * FROM v{n - 1} UNION ALL SELECT * FROM v{n - 1};\n" for n in range(1, 16))
    (tmp_path / "slow.sql").write_text("CREATE VIEW v0 AS SELECT 1 AS one;\n" + views + "SELECT * FROM v15;\n")
    run = subprocess.Popen([binary(), "run", "slow.sql"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=clean_environment())
    try:
        wait_for(lambda: signals_left_to_others(run.pid) >> (sig - 1) & 1, 20, "it to take signals")
        run.send_signal(sig)
        output, log = run.communicate(timeout=20)
        assert run.returncode == 0 and output == b""
        assert b"stopped before anything was read" in log
    finally:
        run.kill()
        run.wait()


def signals_left_to_others(pid):
    """By its main thread: bit n - 1 is signal n."""
    with open(f"/proc/{pid}/status") as status:
        return int(next(line.split()[1] for line in status if line.startswith("SigBlk:")), 16)
