"""`laminar serve`: the REST API by an ordinary HTTP client, tokens by `laminar token`."""

import json
import re
import socket
import sqlite3
import ssl
import time
from pathlib import Path

import pytest
import requests

from harness.process import wait_for
from harness.server import Server, told

SOURCE = {"name": "events_stream", "connector": "kinesis",
          "config": {"streamName": "production-events", "awsRegion": "us-east-1", "type": {"offset": "latest"}}}  # fmt: skip
SINK = {"name": "processed_events", "connector": "kinesis",
        "config": {"streamName": "processed-events", "awsRegion": "us-west-2", "type": {"recordsPerBatch": 250, "batchFlushIntervalMillis": 500}}}  # fmt: skip


@pytest.fixture
def server(laminar, tmp_path):
    return Server(laminar, tmp_path)


def test_the_pages_two_calls(server):
    for base in ("/v1", "/api/v1"):
        made = []
        for body in (SOURCE, SINK):
            answer = server.call("POST", f"{base}/connection_tables", body)
            assert answer.status_code == 200, answer.text
            made.append(answer.json())
        assert [table["table_type"] for table in made] == ["source", "sink"] and all(table["id"].startswith("tbl_") for table in made)
        assert made[0]["config"] == SOURCE["config"]
        listed = server.call("GET", f"{base}/connection_tables").json()
        assert listed == {"data": made, "has_more": False}
        assert server.call("GET", f"{base}/connection_tables/{made[0]['id']}").json() == made[0]
        # Any query names them; where nothing is said of columns there is the record, and what comes with it.
        query = "INSERT INTO processed_events SELECT value FROM events_stream WHERE partition_key <> '' AND (value ->> 'kind') = 'x';"
        valid = server.call("POST", f"{base}/pipelines/validate_query", {"query": query}).json()
        assert valid["valid"] and not valid["errors"], valid
        assert {node["operator"] for node in valid["graph"]["nodes"]} >= {"Source events_stream", "Sink processed_events"} and valid["graph"]["edges"]
        assert valid["outputs"] == [{"table": "processed_events", "fields": [{"name": "value", "data_type": "JSON", "nullable": True}]}]
        for table in made:
            assert server.call("DELETE", f"{base}/connection_tables/{table['id']}").status_code == 204
        told(server.call("GET", f"{base}/connection_tables/{made[0]['id']}"), 404)


def test_queries_are_told_where_they_are_wrong(server):
    server.call("POST", "/v1/connection_tables", SOURCE | {"schema": {"fields": [{"name": "id", "data_type": "BIGINT", "nullable": False}, {"name": "ts", "data_type": "TIMESTAMP"}]},
                                                          "event_time_field": "ts", "watermark_delay": "5 seconds"})  # fmt: skip
    answer = server.call("POST", "/v1/pipelines/validate_query", {"query": "SELECT id,\n  nothing FROM events_stream"}).json()
    assert not answer["valid"] and answer["errors"][0]["line"] == 2 and answer["errors"][0]["column"] == 3 and "nothing" in answer["errors"][0]["message"]
    good = server.call("POST", "/v1/pipelines/validate_query", {"query": "SELECT count(*) AS n FROM events_stream GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE)"}).json()
    assert good["valid"] and good["outputs"][0]["fields"] == [{"name": "n", "data_type": "BIGINT", "nullable": True}], good


def test_tables_that_cannot_be(server):
    def refused(status=422, **more):
        return told(server.call("POST", "/v1/connection_tables", {k: v for k, v in (SOURCE | more).items() if v is not None}), status)

    assert "connector" in refused(connector=None)
    assert "there is no connector kafka" in refused(connector="kafka")
    assert "the stream is not named" in refused(config={"type": {"offset": "latest"}})
    assert "offset" in refused(config={"streamName": "s", "type": {"offset": "yesterday"}})
    assert "unknown option" in refused(config={"streamName": "s", "type": {"offset": "latest"}, "color": "red"})
    assert "neither a text" in refused(config={"streamName": ["s"], "type": {"offset": "latest"}})
    assert "no type" in refused(schema={"fields": [{"name": "a", "data_type": "TEXT) WITH (connector = 'x'); DROP TABLE y; --"}]})
    assert "no type" in refused(schema={"fields": [{"name": "a", "data_type": "BIGINT, b TEXT"}]})
    assert refused(schema={"fields": [{"name": "a", "data_type": "NUMBER"}]})
    assert refused(name="a; DROP TABLE x") and refused(name="") and refused(more=1)
    assert "without event_time_field" in refused(watermark_delay="5 seconds")
    assert server.call("POST", "/v1/connection_tables", SOURCE).status_code == 200
    assert "there is a table named" in refused(409, name="EVENTS_STREAM")


def test_what_is_wrong_with_a_table_has_its_field(server):
    place = {"streamName": "s", "awsRegion": "us-east-1"}
    latest = {"type": {"offset": "latest"}}
    fields = [{"name": "id", "data_type": "BIGINT"}, {"name": "kind", "data_type": "TEXT"}]

    def refused(config=None, **more):
        """The field, the message and the hint, which a test of such a table gives, too."""
        body = SOURCE | more | ({"config": config} if config is not None else {})
        answer = server.call("POST", "/v1/connection_tables", body)
        assert answer.json() == server.call("POST", "/v1/connection_tables/test", body).json()
        message, details = told(answer, 422), answer.json()["error"]["details"]
        return details.get("field"), message, details.get("hint")

    assert refused({"streamNam": "x"} | latest) == ("config.streamNam", "unknown option 'streamNam'", "Did you mean 'streamName'?")
    assert refused(place | {"type": {"offset": "newest"}})[:2] == ("config.type.offset", "'type.offset' = 'newest' is not one of its values")
    assert refused(place | {"type": {"recordsPerBatch": 900}})[:2] == ("config.type.recordsPerBatch", "'type.recordsPerBatch' = '900' is out of range")
    assert refused(place | {"sink": {"records_per_batch": 900}})[:2] == ("config.sink.records_per_batch", "'sink.records_per_batch' = '900' is out of range")
    assert refused(place | {"eventTime": {"maxDelay": "x"}} | latest)[:2] == ("config.eventTime.maxDelay", "'eventTime.maxDelay' = 'x' is not a duration")
    # What would make it a source is misspelt.
    assert refused(place | {"type": {"ofset": "latest"}}) == ("config.type.ofset", "unknown option 'type.ofset'", "Did you mean 'type.offset'?")
    assert refused(place | {"offset": "latest"})[2] == "Did you mean 'type.offset'?"
    assert "type.offset," not in refused(place | {"type": {"ofset": "latest"}}, table_type="sink")[2]
    assert refused(place | {"csv": {"header": True}} | latest)[0] == "config.csv.header"
    assert refused({"streamName": "a\nb", "awsRegion": "us-east-1", "type": {"offset": "newest"}})[0] == "config.type.offset"
    # What is missing is a field, too.
    assert refused({"awsRegion": "us-east-1"} | latest) == ("config.streamName", "table events_stream: the stream is not named", "Add streamName = '...' or streamArn = '...' to its config")
    assert refused(place | {"type": {"offset": "timestamp"}}) == ("config.type.offset", "table events_stream: type.offset is 'timestamp', and type.timestamp is not given", "Add 'type.timestamp' = '2026-01-31T12:00:00Z'")  # fmt: skip

    def with_type(data_type):
        return refused(schema={"fields": [*fields, {"name": "x", "data_type": data_type}]})[:2]

    assert with_type("DOUBEL") == ("schema.fields.2.data_type", "column x: there is no type DOUBEL")
    assert with_type("TEXT)") == ("schema.fields.2.data_type", "column x: TEXT) is no type")
    assert with_type("DECIMAL(99, 2)")[0] == "schema.fields.2.data_type"
    assert refused(schema={"fields": [*fields, {"name": "ID", "data_type": "TEXT"}]})[:2] == ("schema.fields.2.name", "table events_stream has two columns named ID")
    assert refused(schema={"fields": fields}, event_time_field="ts") == ("event_time_field", "table events_stream has no column ts", "Its columns are id, kind")
    assert "value, " in refused(event_time_field="ts")[2]
    assert refused(schema={"fields": fields}, event_time_field="KIND")[0] == "event_time_field"
    assert refused(event_time_field="arrival_time", watermark_delay="5 foos")[::2] == ("watermark_delay", "Write it like 5 seconds")
    assert refused(format="jsn")[::2] == ("format", "did you mean json?")
    assert refused({}, connector="generator")[::2] == ("table_type", "Set table_type to source")
    assert refused({}, connector="stdout", table_type="source")[::2] == ("table_type", "Set table_type to sink")
    assert server.call("GET", "/v1/connection_tables").json()["data"] == []


def test_tokens_and_roles(server, laminar, tmp_path):
    def token(*arguments, code=0):
        return laminar("token", *arguments, "--database", server.database).expect(code)

    assert "no line breaks or other control characters" in token("create", "--name", "x\ny", code=2).stderr
    viewer = token("create", "--name", "v").stdout.strip()
    editor = token("create", "--name", "e", "--role", "editor", "--expires", "30d").stdout.strip()
    assert server.call("GET", "/v1/connection_tables", token=viewer).status_code == 200
    assert "needs editor" in told(server.call("POST", "/v1/connection_tables", SOURCE, token=viewer), 403)
    assert server.call("POST", "/v1/connection_tables", SOURCE, token=editor).status_code == 200
    assert "needs admin" in told(server.call("GET", "/v1/audit", token=editor), 403)
    for none in (None, "", "lmn_x", viewer[:-1], viewer + "x", "Basic"):
        answer = server.call("GET", "/v1/connection_tables", token=none)
        assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    token("revoke", "v")
    assert "revoked" in told(server.call("GET", "/v1/connection_tables", token=viewer), 401)
    assert "there is a token named e" in token("create", "--name", "e", code=2).stderr and "no token" in token("revoke", "x", code=2).stderr
    listed = json.loads(token("list", "--format", "json").stdout)
    assert [(each["name"], each["role"]) for each in listed] == [("admin", "admin"), ("v", "viewer"), ("e", "editor")] and listed[1]["revoked_at"]
    entries = server.call("GET", "/v1/audit").json()["data"]
    assert [(entry["token_name"], entry["action"]) for entry in entries] == [("command line", "revokeToken"), ("e", "createConnectionTable"),
                                                                             ("command line", "createToken"), ("command line", "createToken")]  # fmt: skip
    # No secret stands anywhere.
    everything = server.run.stderr + "\n".join(sqlite3.connect(server.database).iterdump()) + server.call("GET", "/v1/audit").text
    for secret in (server.token, viewer, editor):
        assert secret.rsplit("_", 1)[1] not in everything


def test_it_goes_on_after_a_restart_and_a_kill(server, laminar, tmp_path):
    first = server.call("POST", "/v1/connection_tables", SOURCE).json()
    server.run.process.kill()
    server.run.process.wait()
    again = Server(laminar, tmp_path)
    assert again.token is None
    assert again.call("GET", "/v1/connection_tables", token=server.token).json()["data"] == [first]
    assert again.run.stop() == 0


def test_what_needs_no_token_and_what_is_not_there(server):
    assert server.call("GET", "/v1/ping", token=None).text == "Pong"
    for path in ("/healthz", "/readyz", "/v1/healthz", "/v1/readyz"):
        assert server.call("GET", path, token=None).status_code == 200
    connectors = {each["id"]: each for each in server.call("GET", "/v1/connectors", token=None).json()["data"]}
    kinesis = connectors["kinesis"]["config_schema"]["properties"]
    assert kinesis["type"]["properties"]["recordsPerBatch"]["maximum"] == 500 and kinesis["streamName"]["type"] == "string"
    document = server.call("GET", "/v1/openapi.json", token=None).json()
    assert document["openapi"].startswith("3.1") and "/connection_tables" in document["paths"]
    assert server.call("GET", "/v1/nothing", token=None).status_code == 401 and server.call("GET", "/v1/nothing").status_code == 404
    assert server.call("PUT", "/v1/connection_tables").status_code == 405
    assert server.call("GET", "/v1/../etc/passwd").status_code == 404 and server.call("GET", "/v1/%2e%2e/%2e%2e/etc/passwd").status_code == 404


def test_bodies_that_are_too_much(server):
    post = {"Content-Type": "application/json", "Authorization": f"Bearer {server.token}"}
    url = server.base + "/v1/connection_tables"
    assert told(requests.post(url, data=b"x" * (3 << 20), headers=post, timeout=20), 413)
    assert "deep" in told(requests.post(url, data=b"[" * 100_000, headers=post, timeout=20), 400)
    assert told(requests.post(url, data=b"{", headers=post, timeout=20), 400)
    assert told(requests.post(url, data=b"a=b", headers={**post, "Content-Type": "text/plain"}, timeout=20), 415)
    assert requests.get(server.base + "/v1/ping", headers={"X": "y" * 20_000}, timeout=20).status_code == 431
    many = {f"x{n}": "y" * 100 for n in range(300)}
    assert requests.get(server.base + "/v1/ping", headers=many, timeout=20).status_code == 431
    # A client that never ends its request holds up nobody.
    slow = [socket.create_connection(("127.0.0.1", server.port())) for _ in range(100)]
    for each in slow:
        each.sendall(b"POST /v1/connection_tables HTTP/1.1\r\nHost: x\r\nContent-Le")
    assert server.call("GET", "/v1/ping", token=None).elapsed.total_seconds() < 5
    for each in slow:
        each.close()


def test_what_is_wrong_with_a_body_is_said(server):
    def refused(path, body, status=422):
        return told(server.call("POST", path, body), status)

    raw = requests.post(server.base + "/v1/pipelines", data=b'{"query": 1e999}', headers={"Content-Type": "application/json", "Authorization": f"Bearer {server.token}"}, timeout=20)
    assert told(raw, 400) == "the number 1e999 is too large, at byte 11"
    assert refused("/v1/pipelines", {"query": "SELECT 1", "paralelism": 2}) == "the body: unknown field 'paralelism'; did you mean 'parallelism'?"
    assert refused("/v1/pipelines", {"query": "SELECT 1", "checkpoint_interval_micros": 5}) == "checkpoint_interval_micros: must be from 100000 to 86400000000, not 5"
    assert refused("/v1/pipelines", {"query": "SELECT 1", "name": "a\nb"}).startswith("name: must have no line breaks")
    assert refused("/v1/connection_tables", SOURCE | {"name": "1-a"}).startswith("name: must be letters, digits and _")
    assert refused("/v1/connection_tables", SOURCE | {"table_type": "sauce"}) == "table_type: must be one of source, sink, not 'sauce'"
    # However long it is.
    for length in (100_000, 1_900_000):
        assert "128 characters or fewer" in refused("/v1/connection_tables", SOURCE | {"name": "a" * length})
        assert "128 characters or fewer" in refused("/v1/pipelines", {"query": "SELECT 1", "name": "a" * length})


def test_a_relative_path_starts_at_the_folder_of_the_files(laminar, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files/in.jsonl").write_text('{"id": 1}\n')
    server = Server(laminar, tmp_path, "--files-dir", tmp_path / "files")
    server.wait_state(server.create("relative", "CREATE TABLE f (id BIGINT) WITH (connector = 'single_file', path = 'in.jsonl', format = 'json'); SELECT id FROM f"), "Finished")


@pytest.mark.parametrize("tls", [False, True])
def test_clients_of_events_that_have_gone_are_noticed(laminar, tmp_path, tls, monkeypatch):
    from harness.certificates import self_signed

    certificate, key = self_signed(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    server = Server(laminar, tmp_path, *(("--tls-cert", certificate, "--tls-key", key) if tls else ()))
    pipeline = server.create("quiet", "CREATE TABLE g (id BIGINT AS (i)) WITH (connector = 'generator', rows_per_second = '10'); SELECT id FROM g WHERE id < 0")
    job = server.wait_state(pipeline, "Running")["job_id"]
    files = Path(f"/proc/{server.run.process.pid}/fd")
    before = len(list(files.iterdir()))
    context = ssl.create_default_context(cafile=certificate)

    def follow(what):
        client = socket.create_connection(("127.0.0.1", server.port()), timeout=20)
        client = context.wrap_socket(client, server_hostname="127.0.0.1") if tls else client
        client.sendall(f"GET /v1/jobs/{job}/{what} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\nAccept: text/event-stream\r\n\r\n".encode())
        assert b"200 OK" in client.recv(100)
        return client

    for what in ("logs", "output"):
        for _ in range(100):
            follow(what).close()
    wait_for(lambda: len(list(files.iterdir())) <= before + 10, 5, lambda: str(len(list(files.iterdir()))))
    # One that is there is told the end, and does not hold up the server's.
    client = follow("output")
    server.ok("PATCH", f"/pipelines/{pipeline['id']}", {"stop": "immediate"})
    assert b"".join(iter(lambda: client.recv(65536), b"")).endswith(b"0\r\n\r\n")
    follow("output")
    began = time.monotonic()
    assert server.run.stop() == 0 and time.monotonic() - began < 10


def test_what_stands_around_the_chunks_of_a_body_takes_no_memory(server):
    def resident():
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{server.run.process.pid}/status").read_text()).group(1)) >> 10

    before = resident()
    for method in ("POST /v1/pipelines", "GET /v1/ping"):
        head = f"{method} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        for begin, more in ((b"2;", b"a" * 65536), (b"0\r\n", b"A: b\r\n" * 10000), (b"", b"0" * 65536)):
            with socket.create_connection(("127.0.0.1", server.port()), timeout=20) as client:
                client.sendall(head + begin + more * 2)
                assert client.recv(100).startswith(b"HTTP/1.1 431")
                with pytest.raises(OSError):
                    for _ in range(200 << 4):  # 200 MiB; it is cut off before
                        client.sendall(more)
    assert resident() < before + 40


def test_requests_that_a_proxy_might_read_otherwise(server):
    def status(*headers, start="POST /v1/pipelines HTTP/1.1"):
        with socket.create_connection(("127.0.0.1", server.port()), timeout=20) as client:
            client.sendall("\r\n".join([start, *headers, "", ""]).encode() + b"0\r\n\r\nGET /v1/ping HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        assert b"Pong" not in answer, answer
        assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["error"]["message"]
        return int(answer[9:12])

    for encoding in ("xchunked", "identity", "gzip, chunked"):
        assert status("Host: x", f"Transfer-Encoding: {encoding}") == 501
    assert status("Transfer-Encoding: chunked", start="POST /v1/pipelines HTTP/1.0") == 400
    assert status("Content-Length: 0") == 400 and status("Host: x", "Host: y") == 400
    assert status("Host: x", f"Authorization: Bearer {server.token}", "Authorization: Bearer x") == 400
    assert status("Host: x", "Content-Encoding: gzip") == 415 and status("Host: x", "Expect: tea") == 417


def test_a_token_sends_no_more_than_it_may(laminar, tmp_path):
    server = Server(laminar, tmp_path, "--rate-limit", "5")
    codes = [server.call("GET", "/v1/connection_tables").status_code for _ in range(20)]
    assert codes.count(200) >= 10 and 429 in codes


def test_https(laminar, tmp_path):
    from harness.certificates import self_signed

    certificate, key = self_signed(tmp_path)
    server = Server(laminar, tmp_path, "--tls-cert", certificate, "--tls-key", key)
    assert server.base.startswith("https://")
    assert requests.get(server.base + "/v1/ping", verify=str(certificate), timeout=20).text == "Pong"
    with pytest.raises(requests.RequestException):
        requests.get(server.base.replace("https", "http") + "/v1/ping", timeout=20)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode, old.maximum_version = False, ssl.CERT_NONE, ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, OSError)), socket.create_connection(("127.0.0.1", server.port())) as plain:
        old.wrap_socket(plain)


def test_what_it_cannot_serve(laminar, tmp_path, server):
    def refused(code, *arguments):
        return laminar("serve", *arguments).expect(code).stderr

    assert "--listen x:" in refused(2, "--listen", "x")
    assert "go together" in refused(2, "--tls-cert", "a.pem")
    assert "the certificate" in refused(2, "--listen", "0", "--database", tmp_path / "b.db", "--tls-cert", "a.pem", "--tls-key", "b.pem")
    assert "cannot listen on" in refused(1, "--listen", server.port(), "--database", tmp_path / "b.db")
    (tmp_path / "text").write_text("no database, but a text that is long enough to be taken for the header of one, or so it seems" * 3)
    assert "is no database of Laminar" in refused(2, "--listen", "0", "--database", tmp_path / "text")
    assert "cannot be opened" in refused(1, "--listen", "0", "--database", tmp_path / "none/b.db")
    for place in ("s3://", "s3:///prefix", "s3://No_Bucket"):
        assert f"'{place}' is no place in S3" in refused(2, "--listen", "0", "--database", tmp_path / "b.db", "--state-dir", place)
