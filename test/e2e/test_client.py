"""Commands against a server: lists, details, changes, and what is said when something is wrong."""

import json
import socket
import subprocess
import threading

import pytest
from harness.certificates import self_signed
from harness.client import Client
from harness.laminar import binary
from harness.process import clean_environment, free_port, wait_for
from harness.server import Server
from harness.streams import create_stream, put_all

ENDLESS = """CREATE TABLE readings (device BIGINT AS (i % 3)) WITH (connector = 'generator', rows_per_second = 200);
CREATE TABLE nothing WITH (connector = 'blackhole');
INSERT INTO nothing SELECT device FROM readings;
"""
SOME = """CREATE TABLE readings (device BIGINT AS (i)) WITH (connector = 'generator', rows = 25);
SELECT device, 12345678901234567890123456789.5 AS large FROM readings;
"""
TABLE = {"name": "events", "connector": "kinesis", "config": {"streamName": "production-events", "awsRegion": "us-east-1", "type": {"offset": "latest"}}}


@pytest.fixture
def server(laminar, tmp_path):
    return Server(laminar, tmp_path)


@pytest.fixture
def client(server):
    return Client(server)


@pytest.fixture
def script(tmp_path):
    """script("orders", text): the path of a file orders.sql."""

    def write(name, text):
        path = tmp_path / f"{name}.sql"
        path.write_text(text)
        return path

    return write


def _with(client, **variables):
    """The same client with another environment; None: the variable is not set."""
    other = Client.__new__(Client)
    other.variables = client.variables | variables
    return other


def rows(table):
    """Of a table for people: [{title: value}]. Columns begin where their titles do, or end where these end."""
    lines = table.splitlines()
    starts, title = [], lines[0]
    for at, c in enumerate(title):
        if c != " " and (at == 0 or title[at - 2:at] == "  "):
            starts.append(at)
    return [{title[a:b].strip(): line[a:b].strip() for a, b in zip(starts, [*starts[1:], None])} for line in lines[1:]]


def test_a_pipeline_from_its_making_to_its_end(client, script):
    assert client.ok("pipelines", "list").split() == ["NAME", "STATE", "CHANGED", "ID", "JOB", "NOTE"]
    assert "created orders: Running" in client.ok("pipelines", "create", script("orders", ENDLESS), "--parallelism", "2", "--checkpoint-interval", "2s", "--wait")
    listed = rows(client.ok("pipelines", "list"))
    assert [(row["NAME"], row["STATE"]) for row in listed] == [("orders", "Running")] and listed[0]["ID"].startswith("pipe_")
    shown = client.ok("pipelines", "show", "orders")
    for words in ("parallelism   2", "checkpoints   every 2.0 s", "Source readings", "INSERT INTO nothing"):
        assert words in shown, shown
    assert client.ok("pipelines", "stop", listed[0]["ID"], "--wait") == "orders: Stopped\n"
    assert client.ok("pipelines", "start", "orders", "--wait=40s") == "orders: Running\n"
    first = client.json("pipelines", "show", "orders")["job_id"]
    assert client.ok("pipelines", "restart", "orders", "--mode", "immediate", "--wait") == "orders: Running\n"
    assert client.json("pipelines", "show", "orders")["job_id"] != first
    assert "Stop it first, or say --force" in client.refused(2, "pipelines", "delete", "orders")
    assert client.ok("pipelines", "delete", "orders", "--force") == "deleted orders\n"
    assert "there is no pipeline 'orders'" in client.refused(2, "pipelines", "show", "orders")


def test_an_edited_pipeline(client, script):
    client.ok("pipelines", "create", script("orders", ENDLESS), "--wait")
    done = client.run("pipelines", "edit", "orders", script("other", ENDLESS.replace("% 3", "% 4")), "--name", "better")
    assert done.returncode == 0 and done.stdout == "changed better: Running\n" and "laminar pipelines restart" in done.stderr
    assert "its query has changed" in client.ok("pipelines", "list")
    assert "query that runs, until it is restarted" in client.ok("pipelines", "show", "better")
    assert client.ok("pipelines", "edit", "better", script("other", ENDLESS.replace("% 3", "% 5")), "--restart", "--wait") == "changed, restarted better: Running\n"
    assert "its query has changed" not in client.ok("pipelines", "list")
    assert "% 5" in client.json("pipelines", "show", "better")["running_query"]
    # A name and settings, without the script.
    done = client.run("pipelines", "edit", "better", "--name", "best")
    assert (done.returncode, done.stdout, done.stderr) == (0, "changed best: Running\n", "")
    done = client.run("pipelines", "edit", "best", "--parallelism", "2")
    assert done.returncode == 0 and done.stdout == "changed best: Running\n" and "laminar pipelines restart 'best'" in done.stderr
    now = client.json("pipelines", "show", "best")
    assert now["parallelism"] == 2 and "% 5" in now["query"]
    assert "there is nothing to change" in client.refused(2, "pipelines", "edit", "best")


def test_json_is_what_the_api_says(server, client, script):
    client.ok("pipelines", "create", script("some", SOME), "--wait")
    server.wait_state(server.ok("GET", "/pipelines")["data"][0], "Finished")
    pipeline = client.json("pipelines", "show", "some")
    assert client.ok("pipelines", "show", "some", "--format", "json").strip() == server.call("GET", f"/v1/pipelines/{pipeline['id']}").text.strip()
    assert client.json("pipelines", "list") == server.ok("GET", "/pipelines?limit=100")
    assert client.json("jobs", "list") == client.json("jobs", "list", "--pipeline", "some") == server.ok("GET", "/jobs")
    for part in ("errors", "checkpoints"):
        assert client.json("jobs", part, "some") == server.ok("GET", f"/jobs/{pipeline['job_id']}/{part}")
    assert client.json("jobs", "metrics", pipeline["job_id"])["totals"]["rows_in"] == 25
    # Every digit of a number.
    output = client.ok("jobs", "output", "some", "--format", "json")
    assert output.strip() == server.call("GET", f"/v1/jobs/{pipeline['job_id']}/output?limit=1000").text.strip()
    assert output.count("12345678901234567890123456789.5") == 25


def test_jobs(server, client, script):
    client.ok("pipelines", "create", script("some", SOME), "--wait")
    wait_for(lambda: client.json("pipelines", "show", "some")["state"] == "Finished", 20, server.run.describe)
    listed = rows(client.ok("jobs", "list"))
    assert [(row["PIPELINE"], row["STATE"]) for row in listed] == [("some", "Finished")]
    for name in ("some", listed[0]["JOB"], client.json("pipelines", "show", "some")["id"]):
        assert "pipeline     some\n" in client.ok("jobs", "show", name)
    assert ["rows_in", "25"] in [line.split() for line in client.ok("jobs", "metrics", "some").splitlines()]
    printed = [json.loads(line) for line in client.ok("jobs", "output", "some").splitlines()]
    assert [row["device"] for row in printed] == list(range(25))
    # Of a job that has ended, there is nothing to wait for.
    assert client.ok("jobs", "output", "some", "--follow").count("\n") == 25
    assert client.ok("jobs", "errors", "some") == "no errors\n"
    assert [row["NOTE"] for row in rows(client.ok("jobs", "checkpoints", "some"))] == ["the sources had ended"]
    client.ok("pipelines", "create", script("later", SOME), "--no-start")
    assert "has not run yet" in client.refused(2, "jobs", "show", "later")
    assert "there is no job and no pipeline 'soem'" in client.refused(2, "jobs", "show", "soem")


def test_output_is_followed_until_ctrl_c(server, laminar, client, script):
    client.ok("pipelines", "create", script("prints", ENDLESS + "SELECT device FROM readings;"), "--wait")
    follow = laminar("jobs", "output", "-f", "prints", environment=client.variables)
    wait_for(lambda: len(follow.stdout_lines) > 200, 20, follow.describe)
    assert follow.stop() == 0 and json.loads(follow.stdout_lines[0]) == {"device": 0}, follow.describe()


def test_output_is_followed_through_restarts_of_the_server(laminar, tmp_path):
    server = Server(laminar, tmp_path, "--listen", free_port())
    client = Client(server)
    query = "CREATE TABLE readings (device BIGINT AS (i)) WITH (connector = 'generator', rows_per_second = 200); SELECT device FROM readings;"
    client.ok("pipelines", "create", "-", "--name", "prints", "--checkpoint-interval", "200ms", "--wait", stdin=query)
    follow = laminar("jobs", "output", "-f", "prints", environment=client.variables)

    def grows():
        before = len(follow.stdout_lines)
        wait_for(lambda: len(follow.stdout_lines) > before + 200, 40, follow.describe)

    grows()
    # One that is stopped in order: its rows end, the job goes on, and each row is there once.
    assert server.run.stop() == 0
    wait_for(lambda: "is asked again" in follow.stderr, 30, follow.describe)
    server = Server(laminar, tmp_path, "--listen", server.port())
    grows()
    assert "answers again" in follow.stderr
    devices = [json.loads(line)["device"] for line in list(follow.stdout_lines)]
    assert devices == list(range(len(devices))), follow.describe()
    server.kill()
    wait_for(lambda: follow.stderr.count("is asked again") == 2, 30, follow.describe)
    assert "--tls-cert" not in follow.stderr
    server = Server(laminar, tmp_path, "--listen", server.port())
    grows()
    # It ends with the job.
    client.ok("pipelines", "stop", "prints", "--wait")
    assert follow.wait(30) == 0, follow.describe()


def test_errors_with_the_record(laminar, tmp_path, quick_server, new_name):
    server = Server(laminar, tmp_path, endpoint=quick_server.endpoint)
    client = Client(server)
    stream = new_name("bad")
    create_stream(quick_server.client(), stream)
    query = (f"CREATE TABLE s (id BIGINT) WITH (connector = 'kinesis', stream_name = '{stream}', aws_region = 'us-east-1', type = 'source', 'source.offset' = 'earliest', "
             "format = 'json', bad_data = 'drop'); SELECT id FROM s;")  # fmt: skip
    client.ok("pipelines", "create", "-", "--name", "bad", "--wait", stdin=query)
    put_all(quick_server.client(), stream, ['{"id": "no number"}'])
    wait_for(lambda: "bad_record in s" in client.ok("jobs", "errors", "bad"), 30, server.run.describe)
    said = client.ok("jobs", "errors", "bad")
    assert 'data: {"id": "no number"}' in said and f"record: stream {stream}, shard shardId-" in said and "hint: Dropped" in said


def test_names_with_spaces_and_of_other_scripts(client, script):
    names = ["two words", "Käse ≥ 3", "注文の集計", "a/b?c=d&e#f%20", "-dash", "pipe_no_id", "'quoted' \"twice\""]
    for name in names:
        client.ok("pipelines", "create", script("some", SOME), "--no-start", f"--name={name}")
    for name in names:
        assert json.loads(client.ok("pipelines", "show", "--format", "json", "--", name))["name"] == name
    listed = client.ok("pipelines", "list").splitlines()
    # Wide characters take two columns.
    column = listed[0].index("STATE")
    width = lambda text: sum(2 if c >= "\u3000" else 1 for c in text)  # noqa: E731
    for line, name in zip(listed[1:], names):
        assert width(line[: line.index("Created")]) == column, line
    assert "Did you mean 'two words'?" in client.refused(2, "pipelines", "show", "two wrds")
    assert client.json("pipelines", "show", "TWO words")["name"] == "two words"
    client.ok("pipelines", "delete", "注文の集計")
    assert "注文の集計" not in client.ok("pipelines", "list")


def test_more_pipelines_than_a_page_has(server, client):
    for number in range(105):
        server.create(f"p{number}", SOME, start=False)
    assert [each["name"] for each in client.json("pipelines", "list")["data"]] == [f"p{n}" for n in range(105)]
    assert len(client.ok("pipelines", "list").splitlines()) == 106
    assert client.json("pipelines", "show", "p104")["name"] == "p104"


def test_tables(client, tmp_path):
    (tmp_path / "events.json").write_text(json.dumps(TABLE))
    assert client.ok("tables", "create", tmp_path / "events.json").startswith("created events: source, tbl_")
    listed = rows(client.ok("tables", "list"))
    assert [(row["NAME"], row["TYPE"], row["OF"]) for row in listed] == [("events", "source", "production-events")]
    assert ["type.offset", "latest"] in [line.split() for line in client.ok("tables", "show", "events").splitlines()]
    assert client.json("tables", "show", listed[0]["ID"])["config"] == TABLE["config"]
    assert "there is a table named events" in client.refused(2, "tables", "create", "-", stdin=json.dumps(TABLE))
    assert "Did you mean 'awsRegion'?" in client.refused(2, "tables", "create", "-", stdin=json.dumps(TABLE | {"name": "b", "config": {"awsRegoin": "x"}}))
    assert "is not JSON" in client.refused(2, "tables", "create", "-", stdin="CREATE TABLE x (y INT)")
    assert "cannot read" in client.refused(2, "tables", "create", tmp_path / "none.json")
    assert "Name one of them" in client.refused(2, "tables", "test")
    client.ok("tables", "delete", "events")
    assert "There is none at all" in client.refused(2, "tables", "delete", "events")


# ---- what is wrong


def test_a_wrong_query_is_shown_in_its_file(client, script):
    wrong = script("wrong", "SELECT 1 AS one,\n\tnothing FROM nowhere;\nSELECT 2 AS two FROM elsewhere;\n")
    said = client.refused(2, "pipelines", "create", wrong)
    checked = subprocess.run([binary(), "check", str(wrong)], capture_output=True, text=True, env=clean_environment(), timeout=60).stderr
    assert f"{wrong}:2:" in said and "\n\tnothing FROM nowhere;\n" in said and "^\n" in said
    assert said.splitlines()[:3] == checked.splitlines()[:3]
    client.ok("pipelines", "create", script("right", SOME), "--no-start")
    assert f"{wrong}:2:" in client.refused(2, "pipelines", "edit", "right", wrong)
    assert "there is a pipeline named right" in client.refused(2, "pipelines", "create", script("right", SOME))
    assert "parallelism" in client.run("pipelines", "create", script("right", SOME), "--parallelism", "1000").stderr
    assert "the server's own" in client.refused(2, "pipelines", "create", script("large", SOME), "--memory-limit", "100TB")


def test_no_server_there(client):
    port = free_port()
    said = _with(client, LAMINAR_SERVER=f"http://127.0.0.1:{port}").refused(1, "pipelines", "list")
    assert f"nobody answers at http://127.0.0.1:{port}" in said and "LAMINAR_SERVER" in said
    assert "there is no host nowhere.invalid" in _with(client, LAMINAR_SERVER="http://nowhere.invalid:8000").refused(1, "pipelines", "list")
    assert "neither http nor https" in _with(client, LAMINAR_SERVER="ftp://x").refused(2, "pipelines", "list")
    # What answers there is none.
    with socket.create_server(("127.0.0.1", 0)) as other:
        def answer():
            connection, _ = other.accept()
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 7\r\nConnection: close\r\n\r\n<html>\x1b")
            connection.close()

        threading.Thread(target=answer, daemon=True).start()
        said = _with(client, LAMINAR_SERVER=f"http://127.0.0.1:{other.getsockname()[1]}").refused(1, "pipelines", "list")
        assert "is no Laminar server" in said and "502" in said and "\x1b" not in said


def test_tokens(server, client, tmp_path, script):
    assert "asks for a token, and none is given" in _with(client, LAMINAR_TOKEN=None).refused(2, "pipelines", "list")
    said = _with(client, LAMINAR_TOKEN="lmn_wrong").refused(2, "pipelines", "list")
    assert "does not take the token of LAMINAR_TOKEN" in said and "lmn_wrong" not in said
    assert "holds more than a token" in _with(client, LAMINAR_TOKEN="a b").refused(2, "pipelines", "list")
    viewer = subprocess.run([binary(), "token", "create", "--name", "v", "--database", str(server.database)], capture_output=True, text=True, env=clean_environment(), check=True)
    (tmp_path / "token").write_text(viewer.stdout)
    with_file = ("--token-file", tmp_path / "token")
    assert client.ok("pipelines", "list", *with_file)
    said = client.refused(2, "pipelines", "create", script("some", SOME), *with_file)
    assert "role viewer" in said and "--role editor" in said
    assert "cannot be read" in client.refused(2, "pipelines", "list", "--token-file", tmp_path / "none")
    (tmp_path / "empty").write_text("\n")
    assert "holds no token" in client.refused(2, "pipelines", "list", "--token-file", tmp_path / "empty")
    for arguments in (("--token", "lmn_secret"), ("--token=lmn_secret",)):
        said = client.refused(2, "pipelines", "list", *arguments)
        assert "every user of the machine can read it" in said and "--token-file" in said and "lmn_secret" not in said


def test_tokens_of_the_database(laminar, tmp_path):
    database = tmp_path / "tokens.db"

    def token(*arguments, code=0):
        return laminar("token", *arguments, "--database", database).expect(code)

    # Only create makes one that is not there.
    for arguments in (("list",), ("revoke", "x")):
        assert f"there is no database {database}" in token(*arguments, code=2).stderr and not database.exists()
    for bare in ("5", "0.5"):
        said = token("create", "--name", "a", "--expires", bare, code=2).stderr
        assert f"--expires {bare} has no unit" in said and "Write 30d, 12h" in said
    assert "is not a length of time" in token("create", "--name", "a", "--expires", "soon", code=2).stderr
    assert "laminar token revoke 'it'\\''s a b' takes it back" in token("create", "--name", "it's a b").stderr
    token("create", "--name", "short", "--expires", "1ms")
    token("create", "--name", "long", "--expires", "1.5d")
    ends = {line.split()[-1]: line.split()[-2] for line in token("list").stdout.splitlines()}
    assert ends["short"] == "expired" and ends["long"].endswith("Z")


def test_options_before_the_command(server, client, tmp_path):
    (tmp_path / "token").write_text(server.token)
    without = _with(client, LAMINAR_SERVER=None, LAMINAR_TOKEN=None)
    assert without.ok("--server", server.base, "--token-file", tmp_path / "token", "pipelines", "list").startswith("NAME")
    assert without.ok(f"--server={server.base}", "--token-file", tmp_path / "token", "pipelines", "list").startswith("NAME")
    # What stands behind the command counts.
    assert without.ok("--server", "http://127.0.0.1:1", "pipelines", "list", "--server", server.base, "--token-file", tmp_path / "token").startswith("NAME")
    assert "asks no server" in without.refused(2, "--server", server.base, "connectors")
    assert "--server" in without.refused(2, "connectors", "--server", server.base)
    assert "unknown command 'pipelnes'" in without.refused(2, "--server", server.base, "pipelnes", "list")


def test_tls(laminar, tmp_path):
    certificate, key = self_signed(tmp_path)
    server = Server(laminar, tmp_path, "--listen", "0.0.0.0:0", "--tls-cert", certificate, "--tls-key", key)
    client = Client(server, LAMINAR_SERVER=f"https://127.0.0.1:{server.port()}")
    assert client.ok("pipelines", "list", "--ca-cert", certificate).startswith("NAME")
    assert client.ok("health", "--ca-cert", certificate) == "ok\n"
    said = client.refused(2, "pipelines", "list")
    assert "is not trusted" in said and "--ca-cert" in said
    (tmp_path / "no.pem").write_text("no certificate")
    assert "--ca-cert" in client.refused(2, "pipelines", "list", "--ca-cert", tmp_path / "no.pem")
    # By a name that the certificate has not.
    said = _with(client, LAMINAR_SERVER=f"https://127.0.0.2:{server.port()}").refused(2, "pipelines", "list", "--ca-cert", certificate)
    assert "is not for 127.0.0.2" in said
    assert "begins with https://" in _with(client, LAMINAR_SERVER=f"http://127.0.0.1:{server.port()}").refused(1, "pipelines", "list")


def test_tls_where_there_is_none(server, client):
    said = _with(client, LAMINAR_SERVER=server.base.replace("http", "https")).refused(1, "pipelines", "list")
    assert "does not speak TLS" in said and "http://" in said


def test_health(server, client):
    without = _with(client, LAMINAR_TOKEN=None)
    assert without.ok("health") == "ok\n" and without.ok("health", "--ready") == "ok\n"
    server.run.stop()
    assert "nobody answers" in without.refused(1, "health")


def test_more_requests_than_a_token_may_send(laminar, tmp_path):
    server = Server(laminar, tmp_path, "--rate-limit", "5")
    client = Client(server)
    for number in range(4):
        assert client.ok("pipelines", "list").startswith("NAME"), number
    # More than it may: it waits, and succeeds.
    statuses = [server.call("GET", "/v1/pipelines").status_code for _ in range(20)]
    assert 429 in statuses
    assert client.ok("pipelines", "list").startswith("NAME")


def test_a_reader_that_has_enough(client, script):
    client.ok("pipelines", "create", script("prints", ENDLESS + "SELECT device FROM readings;"), "--wait")
    follow = subprocess.Popen([binary(), "jobs", "output", "-f", "prints"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=client.environment())
    try:
        assert json.loads(follow.stdout.readline()) == {"device": 0}
        follow.stdout.close()
        assert follow.wait(30) == 0 and follow.stderr.read() == b""
    finally:
        follow.kill()
        follow.wait()
        follow.stderr.close()
    with open("/dev/full", "w") as full:
        done = subprocess.run([binary(), "pipelines", "list"], stdout=full, stderr=subprocess.PIPE, text=True, env=client.environment(), timeout=60)
    assert done.returncode == 1 and "cannot write to stdout" in done.stderr
