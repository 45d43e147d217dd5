"""Tests of connections over REST: what they try, what they say of what is wrong, and that they hold up nobody."""

import json
import threading
import time

import pytest

from harness.process import wait_for
from harness.server import Server, told
from harness.streams import create_stream, open_shards, split_shard

FIELDS = {"schema": {"fields": [{"name": "id", "data_type": "BIGINT", "nullable": False}, {"name": "kind", "data_type": "TEXT"}, {"name": "at", "data_type": "TIMESTAMP"}]}}
READS = ["kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords"]


@pytest.fixture
def server(laminar, tmp_path):
    return Server(laminar, tmp_path)


@pytest.fixture
def kinesis(server_pool):
    return server_pool("kinesis-local")


def table(endpoint, stream, use="source", **config):
    return {"name": "orders", "connector": "kinesis", "table_type": use,
            "config": {"streamName": stream, "awsRegion": "us-east-1", "endpoint": endpoint, **({"type": {"offset": "earliest"}} if use == "source" else {}), **config}}  # fmt: skip


def put(client, stream, *records):
    client.put_records(StreamName=stream, Records=[{"Data": record if isinstance(record, bytes) else json.dumps(record).encode(), "PartitionKey": f"k{n}"} for n, record in enumerate(records)])


def tried(server, body, path="connection_tables/test"):
    """The answer, and the status of each check by its name."""
    answer = server.call("POST", f"/v1/{path}", body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["ok"] == all(check["status"] != "failed" for check in found["checks"])
    assert all(check["message"] and (check["hint"] or check["status"] != "failed") for check in found["checks"]), found
    return found, {check["name"]: check["status"] for check in found["checks"]}


def message(found, name):
    (check,) = [check for check in found["checks"] if check["name"] == name]
    return check["message"]


def test_a_stream_that_is_read_and_written(server, any_server, new_name):
    client, stream = any_server.client(), new_name("orders")
    create_stream(client, stream, shards=2)
    put(client, stream, *({"id": n, "kind": f"k{n}", "at": "2026-01-01T00:00:00Z"} for n in range(10)))
    found, checks = tried(server, table(any_server.endpoint, stream) | FIELDS)
    assert found["ok"] and {checks[name] for name in ["endpoint", "credentials", "stream", "limits", "records", "decoding", *READS]} == {"ok"}, found
    assert found["rows"] and set(found["rows"][0]) == {"id", "kind", "at"} and found["bad_records"] == []
    assert "2 open shards" in message(found, "limits")
    # Without a schema: the record as it is, and what comes with it.
    for offset in ({"offset": "latest"}, {"offset": "timestamp", "timestamp": "2020-01-01T00:00:00Z"}):
        found, checks = tried(server, table(any_server.endpoint, stream, type=offset))
        assert found["ok"] and found["rows"][0]["value"]["kind"].startswith("k") and found["rows"][0]["partition_key"].startswith("k")
    # A sink is not written.
    found, checks = tried(server, table(any_server.endpoint, stream, use="sink"))
    assert found["ok"] and checks["kinesis:PutRecords"] == "skipped" and found["rows"] == [] and "kinesis:GetRecords" not in checks
    count = sum(len(client.get_records(ShardIterator=client.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"])["Records"])
                for shard in open_shards(client, stream))  # fmt: skip
    assert count == 10
    # A table that is there is tested by its id; nothing has been kept otherwise.
    assert server.call("GET", "/v1/connection_tables").json()["data"] == []
    made = server.call("POST", "/v1/connection_tables", table(any_server.endpoint, stream) | FIELDS).json()
    assert tried(server, {"id": made["id"]})[0]["rows"]
    assert "there is no connection table" in told(server.call("POST", "/v1/connection_tables/test", {"id": "tbl_none"}), 422)


def test_records_that_cannot_be_read(server, kinesis, new_name):
    client, stream = kinesis.client(), new_name("orders")
    create_stream(client, stream)
    put(client, stream, {"id": 1}, {"id": "x"}, b"no JSON", {"kind": "without id"}, b"\xff\xfe")
    found, checks = tried(server, table(kinesis.endpoint, stream) | FIELDS)
    assert found["rows"] == [{"id": 1, "kind": None, "at": None}] and checks["records"] == "ok" and checks["decoding"] == "failed"
    bad = found["bad_records"]
    assert len(bad) == 4 and all(stream in each["place"] and "shard" in each["place"] for each in bad)
    assert bad[0]["column"] == "id" and "expected BIGINT" in bad[0]["message"] and bad[0]["text"] == '{"id": "x"}' and "id" == bad[2]["column"]
    assert "4 of 5 cannot be read" in message(found, "decoding") and "bad_data" in [c for c in found["checks"] if c["name"] == "decoding"][0]["hint"]


def test_records_that_the_table_does_without(server, kinesis, new_name, tmp_path):
    client, stream = kinesis.client(), new_name("orders")
    create_stream(client, stream)
    put(client, stream, {"id": 1}, {"id": "x"}, b"no JSON")
    dropping = table(kinesis.endpoint, stream, badData="drop") | FIELDS
    found, checks = tried(server, dropping)
    assert found["ok"] and checks["decoding"] == "ok" and len(found["rows"]) == 1 and len(found["bad_records"]) == 2
    assert message(found, "decoding").startswith(f"2 of 3 cannot be read and are dropped, the first: stream {stream}, ")
    found, checks = tried(server, dropping, "connection_tables/schemas/test")
    assert found["ok"] and [field["status"] for field in found["fields"]] == ["failed", "missing", "missing"]
    letters = new_name("letters")
    create_stream(client, letters)
    found, checks = tried(server, table(kinesis.endpoint, stream, badData="dead_letter", deadLetter={"stream": letters}) | FIELDS)
    assert found["ok"] and message(found, "decoding").startswith("2 of 3 cannot be read and become dead letters, the first: ")
    # With nothing that can be read there is nothing to go on with.
    wrong = {"schema": {"fields": [{"name": "total", "data_type": "BIGINT", "nullable": False}]}}
    found, checks = tried(server, dropping | wrong)
    assert not found["ok"] and checks["decoding"] == "failed" and message(found, "decoding").startswith("3 of 3 cannot be read, the first: ")
    assert [check["hint"] for check in found["checks"] if check["name"] == "decoding"] == ["Correct the format or the columns"]


def test_what_is_not_there(server, kinesis, new_name):
    client, stream = kinesis.client(), new_name("orders")
    create_stream(client, stream)
    found, checks = tried(server, table(kinesis.endpoint, "nobody-made-it"))
    assert checks["endpoint"] == checks["credentials"] == "ok" and checks["stream"] == "failed" and "kinesis:ListShards" not in checks
    assert "create-stream" in [c for c in found["checks"] if c["name"] == "stream"][0]["hint"]
    # Another region's, where the stream is not.
    found, checks = tried(server, table(kinesis.endpoint, stream, awsRegion="eu-west-1"))
    assert checks["stream"] == "failed" and "eu-west-1" in message(found, "stream")
    found, checks = tried(server, table("http://127.0.0.1:1", stream))
    assert checks == {"endpoint": "failed"} and "nothing answers" in message(found, "endpoint")
    found, checks = tried(server, table(server.base, stream))  # something else listens there
    assert checks == {"endpoint": "failed"}
    found, checks = tried(server, table("http://no-such-host.invalid", stream))
    assert checks == {"endpoint": "failed"} and "cannot be resolved" in message(found, "endpoint")
    # As when it is made: what cannot be is told with its field.
    assert "is not the name of a region" in told(server.call("POST", "/v1/connection_tables/test", table(kinesis.endpoint, stream, awsRegion="the moon")), 422)
    for missing in ("connector", "config"):
        answer = server.call("POST", "/v1/connection_tables/test", {k: v for k, v in table(kinesis.endpoint, stream).items() if k != missing})
        assert missing in told(answer, 422) and answer.json()["error"]["details"]["field"] == missing
    empty, checks = tried(server, table(kinesis.endpoint, stream) | FIELDS)
    assert empty["ok"] and empty["rows"] == [] and checks["records"] == "skipped"


def test_without_credentials(laminar, tmp_path, kinesis):
    poor = Server(laminar, tmp_path, environment={"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None})
    found, checks = tried(poor, table(kinesis.endpoint, "s"))
    assert checks == {"credentials": "failed"} and "AWS_ACCESS_KEY_ID" in message(found, "credentials")
    found, checks = tried(poor, {"connector": "kinesis", "config": {"awsRegion": "us-east-1", "endpoint": kinesis.endpoint}}, "connection_profiles/test")
    assert checks == {"credentials": "failed"}


def test_each_permission(server, kinesis, new_name, proxy_for):
    client, stream = kinesis.client(), new_name("orders")
    create_stream(client, stream)
    put(client, stream, {"id": 1})
    proxy = proxy_for(kinesis.endpoint)
    for name in READS:
        proxy.rules({"action": "error", "operation": name.split(":")[1], "code": "AccessDeniedException", "message": "not authorized"})
        found, checks = tried(server, table(proxy.endpoint, stream))
        assert checks[name] == "failed" and checks["credentials"] == "ok" and not found["ok"], found
        assert f"Allow {name}" in [c for c in found["checks"] if c["name"] == name][0]["hint"]
    for code in ("UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException"):
        proxy.rules({"action": "error", "code": code, "message": "no"})
        found, checks = tried(server, table(proxy.endpoint, stream))
        assert checks["endpoint"] == "ok" and checks["credentials"] == "failed" and code in message(found, "credentials") and "stream" not in checks
        found, checks = tried(server, {"connector": "kinesis", "config": {"awsRegion": "us-east-1", "endpoint": proxy.endpoint}}, "connection_profiles/test")
        assert checks["credentials"] == "failed"
    # Throttled by others that read: that is no missing permission.
    proxy.rules({"action": "error", "operation": "GetRecords", "code": "ProvisionedThroughputExceededException", "message": "slowly", "times": 2})
    assert tried(server, table(proxy.endpoint, stream))[0]["rows"]


def test_profiles(server, kinesis, new_name, proxy_for):
    create_stream(kinesis.client(), new_name("any"))
    profile = {"name": "p", "connector": "kinesis", "config": {"awsRegion": "us-east-1", "endpoint": kinesis.endpoint}}
    found, checks = tried(server, profile, "connection_profiles/test")
    assert checks["endpoint"] == checks["credentials"] == checks["streams"] == "ok" and "there are streams" in message(found, "streams")
    proxy = proxy_for(kinesis.endpoint)
    proxy.rules({"action": "error", "operation": "ListStreams", "code": "AccessDeniedException", "message": "not authorized"})
    found, checks = tried(server, profile | {"config": profile["config"] | {"endpoint": proxy.endpoint}}, "connection_profiles/test")
    assert found["ok"] and checks["credentials"] == "ok" and checks["streams"] == "skipped"
    made = server.call("POST", "/v1/connection_profiles", profile).json()
    assert tried(server, {"id": made["id"]}, "connection_profiles/test")[1]["credentials"] == "ok"
    # A stored one, with what is about to be changed.
    assert tried(server, {"id": made["id"], "config": {"endpoint": "http://127.0.0.1:1"}}, "connection_profiles/test")[1] == {"endpoint": "failed"}
    assert server.call("GET", f"/v1/connection_profiles/{made['id']}").json() == made
    for wrong in ({}, {"id": "prof_none"}, {"connector": "kafka"}, {"connector": "kinesis", "config": {"streamName": "x"}}):
        told(server.call("POST", "/v1/connection_profiles/test", wrong), 422)
    assert tried(server, {"connector": "generator"}, "connection_profiles/test")[1] == {"connection": "skipped"}


def test_many_slow_ones_hold_up_nobody(server, kinesis, proxy_for):
    proxy = proxy_for(kinesis.endpoint)
    proxy.rules({"action": "not_answered"})
    begun = time.monotonic()
    answers = []
    threads = [threading.Thread(target=lambda: answers.append((server.call("POST", "/v1/connection_tables/test", table(proxy.endpoint, "s")), time.monotonic() - begun))) for _ in range(8)]
    for thread in threads:
        thread.start()
    wait_for(lambda: proxy.report()["requests"].get("DescribeStreamSummary", 0) >= 8, 8, "eight requests to wait")
    refused = server.call("POST", "/v1/connection_tables/test", table(proxy.endpoint, "s"))
    assert "as many requests of this kind" in told(refused, 503) and refused.elapsed.total_seconds() < 2
    assert server.call("GET", "/v1/connection_tables").elapsed.total_seconds() < 2
    assert server.call("POST", "/v1/pipelines/validate_query", {"query": "SELECT 1 AS a"}).elapsed.total_seconds() < 5
    for thread in threads:
        thread.join()
    for answer, seconds in answers:
        assert answer.status_code == 200 and seconds < 15, seconds
        assert [(check["name"], check["status"]) for check in answer.json()["checks"]] == [("endpoint", "failed")]
    proxy.reset()
    assert server.call("POST", "/v1/connection_tables/test", table(proxy.endpoint, "nobody-made-it")).status_code == 200


def test_other_connectors(laminar, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files/orders.csv").write_text("id,kind\n1,a\n2,b\n")
    server = Server(laminar, tmp_path, "--files-dir", tmp_path / "files")
    fields = {"schema": {"fields": [{"name": "id", "data_type": "BIGINT"}, {"name": "kind", "data_type": "TEXT"}]}}
    found, checks = tried(server, {"connector": "single_file", "config": {"path": "orders.csv", "csv": {"header": "first_line"}}, "table_type": "source", "format": "csv", **fields})
    assert found["rows"] == [{"id": 1, "kind": "a"}, {"id": 2, "kind": "b"}] and checks == {"file": "ok", "decoding": "ok"}
    found, checks = tried(server, {"connector": "single_file", "config": {"path": "none.csv"}, "table_type": "source", "format": "csv", **fields})
    assert checks == {"file": "failed"} and "No such file" in message(found, "file")
    found, checks = tried(server, {"connector": "single_file", "config": {"path": "new/x.csv"}, "table_type": "sink", **fields})
    assert checks == {"file": "failed"}
    found, checks = tried(server, {"connector": "generator", "config": {"rows_per_second": 5}, "table_type": "source", **fields})
    assert found["ok"] and found["rows"] and set(found["rows"][0]) == {"id", "kind"}
    for connector in ("blackhole", "stdout"):
        assert tried(server, {"connector": connector, "config": {}, "table_type": "sink", **fields})[1] == {"connection": "skipped"}
    # Dead letters are written, so they are tried too.
    found, checks = tried(server, {"connector": "single_file", "config": {"path": "orders.csv", "badData": "dead_letter", "deadLetter": {"path": "none/bad.jsonl"}}, "table_type": "source", "format": "csv", **fields})
    assert checks["dead letters: file"] == "failed" and checks["file"] == "ok"


def test_a_schema_is_inferred(server, kinesis, new_name, laminar):
    client, stream = kinesis.client(), new_name("orders")
    create_stream(client, stream, shards=2)
    put(client, stream, *({"id": n, "price": 1.5 * n, "at": f"2026-01-01T00:00:{n:02}Z", "tags": ["a"]} for n in range(20)))
    body = table(kinesis.endpoint, stream)
    answer = server.call("POST", "/v1/connection_tables/schemas/infer", body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [(field["name"], field["data_type"]) for field in found["fields"]] == [("id", "BIGINT"), ("price", "DOUBLE"), ("at", "TIMESTAMP"), ("tags", "VARCHAR[]")]
    assert found["format"] == "json" and found["event_time_field"] == "at" and found["rows_read"] == 20
    # The fields make a table, and the statement runs as it is.
    made = server.call("POST", "/v1/connection_tables", body | {"schema": {"fields": found["fields"]}, "event_time_field": "at"})
    assert made.status_code == 200, made.text
    assert tried(server, {"id": made.json()["id"]})[0]["ok"]
    run = laminar("run", "--until-caught-up", "--quiet", script=found["statement"] + "SELECT id FROM orders;\n")
    run.expect(0)
    assert sorted(row["id"] for row in run.rows()) == list(range(20))
    # What is said of the format is kept to; what cannot be read is told.
    put(client, stream, b"no JSON")
    again = server.call("POST", "/v1/connection_tables/schemas/infer", body | {"format": "json"}).json()
    assert any("1 of 21 rows cannot be read" in note for note in again["notes"]), again
    assert "nobody-made-it" in told(server.call("POST", "/v1/connection_tables/schemas/infer", table(kinesis.endpoint, "nobody-made-it")), 422)
    create_stream(client, empty := new_name("empty"))
    assert "there are no records" in told(server.call("POST", "/v1/connection_tables/schemas/infer", table(kinesis.endpoint, empty)), 422)
    assert "records of a sink" in told(server.call("POST", "/v1/connection_tables/schemas/infer", table(kinesis.endpoint, stream, use="sink")), 422)


def test_files_are_inferred_and_secrets_left_out(laminar, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files/orders.csv").write_text("id;kind\n" + "".join(f"{n};k{n}\n" for n in range(100)))
    server = Server(laminar, tmp_path, "--files-dir", tmp_path / "files")
    body = {"name": "orders", "connector": "single_file", "config": {"path": "orders.csv"}, "table_type": "source"}
    found = server.call("POST", "/v1/connection_tables/schemas/infer", body).json()
    assert found["format"] == "csv" and [field["name"] for field in found["fields"]] == ["id", "kind"] and found["config"] == {"csv": {"delimiter": ";", "header": "first_line"}}
    made = body | {"format": "csv", "schema": {"fields": found["fields"]}, "config": body["config"] | found["config"]}
    assert tried(server, made)[0]["rows"][0] == {"id": 0, "kind": "k0"}
    registry = {"schemaRegistry": {"endpoint": "http://127.0.0.1:1", "username": "u", "password": "open sesame"}}
    found = server.call("POST", "/v1/connection_tables/schemas/infer", body | {"config": body["config"] | registry})
    assert found.status_code == 200 and "sesame" not in found.text and "sealed" not in found.text


def test_a_schema_is_tested(server, kinesis, new_name):
    client, stream = kinesis.client(), new_name("orders")
    create_stream(client, stream)
    put(client, stream, {"id": 1, "kind": "a", "extra": 1.5}, {"id": "x", "kind": "b"}, {"id": 3, "kind": None})
    body = table(kinesis.endpoint, stream) | FIELDS
    found = server.call("POST", "/v1/connection_tables/schemas/test", body)
    assert found.status_code == 200, found.text
    found = found.json()
    fields = {field["name"]: field for field in found["fields"]}
    assert not found["ok"] and found["rows_read"] == 2 and len(found["bad_records"]) == 1
    assert fields["id"]["status"] == "failed" and "1 of 3 rows cannot be read because of it: expected BIGINT" in fields["id"]["message"]
    assert fields["kind"]["status"] == "ok" and fields["kind"]["nulls"] == 1 and fields["at"]["status"] == "missing"
    assert found["other_fields"] == [{"name": "extra", "data_type": "DOUBLE", "nullable": True}]
    good = server.call("POST", "/v1/connection_tables/schemas/test", body | {"schema": {"fields": [{"name": "id", "data_type": "JSON"}]}}).json()
    assert good["ok"] and good["rows_read"] == 3 and {field["name"] for field in good["other_fields"]} == {"kind", "extra"}


def test_shards_that_are_closed_are_read_too(server, kinesis, new_name):
    client, stream = kinesis.client(), new_name("orders")
    create_stream(client, stream)
    put(client, stream, {"id": 1})
    split_shard(client, stream, open_shards(client, stream)[0])
    found, checks = tried(server, table(kinesis.endpoint, stream) | FIELDS)
    assert found["rows"] == [{"id": 1, "kind": None, "at": None}] and "2 open shards" in message(found, "limits")
