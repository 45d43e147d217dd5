"""Avro with a schema registry, by the real binary: what others write under its ids is read, what is written others read, and its outages."""

import base64
import io
import json
import struct

import fastavro
import pytest

from harness import avro_records
from harness.process import wait_for
from harness.registry import header
from harness.sql import sink, source, without_columns
from harness.streams import create_stream, list_shards, put_all, read_all

V1 = {"type": "record", "name": "Order", "namespace": "shop", "fields": [{"name": "n", "type": "long"}]}
V2 = {**V1, "fields": [*V1["fields"], {"name": "currency", "type": "string", "default": "EUR"}]}
OUTAGES = ["500", "429", "html", "refused"]


def datum(schema, row):
    return avro_records.datum(fastavro.parse_schema(json.loads(json.dumps(schema))), row)


@pytest.fixture
def streams(quick_server, new_name):
    client = quick_server.client()
    names = new_name("registry-in"), new_name("registry-out")
    for name in names:
        create_stream(client, name, 1)
    return client, *names


def options(url, **more):
    return {"format": "avro", "schema_registry.endpoint": url, **{f"schema_registry.{name}": value for name, value in more.items()}}


def numbers(client, stream):
    return [json.loads(r.data)["n"] for r in read_all(client, stream)]


def test_records_of_several_schemas_are_read(quick_server, streams, laminar, schema_registry):
    client, into, out = streams
    address = {"type": "record", "name": "Address", "namespace": "shop", "fields": [{"name": "city", "type": "string"}]}
    v3 = {**V2, "fields": [*V2["fields"], {"name": "to", "type": ["null", "shop.Address"], "default": None}]}
    ids = [schema_registry.register(f"{into}-value", schema) for schema in (V1, V2)]
    schema_registry.register(f"{into}-address", address)
    ids.append(schema_registry.register(f"{into}-value", v3, [{"name": "shop.Address", "subject": f"{into}-address", "version": 1}]))
    inline = {**v3, "fields": [*V2["fields"], {"name": "to", "type": ["null", address], "default": None}]}
    rows = [{"n": n, "currency": ("USD", "JPY")[n % 2], "to": {"city": "Rome"} if n % 5 else None} for n in range(300)]
    put_all(client, into, [("key", header(ids[row["n"] % 3]) + datum((V1, V2, inline)[row["n"] % 3], row)) for row in rows])

    named = source("reads", 'n BIGINT NOT NULL, currency TEXT, "to" STRUCT(city TEXT)', into, **options(schema_registry.url))
    shows = sink("shows", 'n BIGINT, currency TEXT, "to" STRUCT(city TEXT)', out)
    for script, default in ((named, None), (without_columns(named), "EUR")):
        run = laminar("run", "--until-caught-up", script=script + 'SELECT n, currency, "to" FROM reads;\n', endpoint=quick_server.endpoint)
        run.expect(0)
        expected = [{"n": row["n"], "currency": row["currency"] if row["n"] % 3 else default, "to": row["to"] if row["n"] % 3 == 2 else None} for row in rows]
        assert run.rows() == expected, run.describe()
    laminar("run", "--until-caught-up", script=named + shows + "INSERT INTO shows SELECT * FROM reads;\n", endpoint=quick_server.endpoint).expect(0)
    assert numbers(client, out) == list(range(300))


def test_what_is_written_others_read(quick_server, streams, laminar, schema_registry):
    client, into, out = streams
    put_all(client, into, [("key", json.dumps({"n": n, "k": f"row {n}" if n else None})) for n in range(50)])
    reads = source("reads", "n BIGINT, k TEXT", into)
    insert = "INSERT INTO writes SELECT n, k FROM reads;\n"

    def written():
        rows = []
        for record in read_all(client, out):
            magic, schema_id = struct.unpack(">bI", record.data[:5])
            assert magic == 0
            stream = io.BytesIO(record.data[5:])
            rows.append(fastavro.schemaless_reader(stream, fastavro.parse_schema(schema_registry.schema(schema_id))))
            assert stream.read() == b""
        return rows

    expected = [{"n": n, "k": f"row {n}" if n else None} for n in range(50)]
    registers = reads + sink("writes", "n BIGINT NOT NULL, k TEXT", out, **options(schema_registry.url)) + insert
    assert laminar("check", script=registers, endpoint=quick_server.endpoint).wait() == 0
    assert f"{out}-value" not in schema_registry.ask("GET", "/subjects")  # a check writes nothing
    for _ in range(2):
        laminar("run", "--until-caught-up", script=registers, endpoint=quick_server.endpoint).expect(0)
    assert sorted(written(), key=lambda row: row["n"]) == [row for row in expected for _ in range(2)]
    assert schema_registry.versions(f"{out}-value") == [1]

    # Written with the subject's newest schema, whatever is registered.
    newest = {"type": "record", "name": "Newest", "fields": [
        {"name": "k", "type": ["string", "null"]}, {"name": "n", "type": "long"}, {"name": "more", "type": ["null", "string"], "default": None}]}  # fmt: skip
    subject = f"{out}-newest"
    looks_up = reads + sink("writes", "n BIGINT, k TEXT, more TEXT", out, **options(schema_registry.url, subject=subject, auto_register="false")) + (
        "INSERT INTO writes SELECT n, k, NULL FROM reads;\n")  # fmt: skip
    run = laminar("run", "--until-caught-up", script=looks_up, endpoint=quick_server.endpoint)
    run.expect(2)
    assert f"has no subject {subject}" in run.stderr, run.stderr
    newest_id = schema_registry.register(subject, newest)
    laminar("run", "--until-caught-up", script=looks_up, endpoint=quick_server.endpoint).expect(0)
    assert sum(record.data.startswith(header(newest_id)) for record in read_all(client, out)) == 50
    assert sorted((row for row in written() if "more" in row), key=lambda row: row["n"]) == [{**row, "more": None} for row in expected]


@pytest.mark.parametrize("format", ["avro", "json"])
def test_a_table_that_is_inserted_into_is_a_sink(quick_server, streams, laminar, schema_registry, format):
    """It takes the columns of its query, without `type` too; the registry, which has nothing of it, is not asked for them."""
    client, into, out = streams
    put_all(client, into, [("key", json.dumps({"n": n, "k": f"row {n}"})) for n in range(5)])
    registry = {**options(schema_registry.url), "format": format, "json.confluent_schema_registry": "true" if format == "json" else None}
    script = without_columns(sink("Totals", "n BIGINT", out, type=None, **registry)) + source("reads", "n BIGINT, k TEXT", into)
    insert = "INSERT INTO totals SELECT n AS number, k FROM reads;\n"
    assert laminar("check", script=script + insert, endpoint=quick_server.endpoint).wait() == 0
    laminar("run", "--until-caught-up", script=script + insert, endpoint=quick_server.endpoint).expect(0)
    assert schema_registry.versions(f"{out}-value") == [1]
    # What nobody inserts into is asked for.
    run = laminar("check", script=script.replace(out, "unknown") + "SELECT n FROM reads;\n", endpoint=quick_server.endpoint)
    run.expect(2)
    assert "has no subject unknown-value" in run.stderr and "a table that is inserted into takes them from its query" in run.stderr, run.stderr


def test_one_bad_record_in_a_thousand(quick_server, streams, laminar, schema_registry):
    client, into, out = streams
    good = header(schema_registry.register(f"{into}-value", V1))
    bad = {100: (header(2**31 - 1) + datum(V1, {"n": 1}), "unknown schema id 2147483647"), 200: (b"{\"n\":1}", "does not begin with the byte 0 and a schema id"),
           300: (b"\x00\x00", "the record ends within the schema id"), 400: (good, "the datum ends too early")}  # fmt: skip
    put_all(client, into, [("key", bad[n][0] if n in bad else good + datum(V1, {"n": n})) for n in range(1001)])
    script = sink("writes", "n BIGINT", out) + "INSERT INTO writes SELECT * FROM reads;\n"
    reads = source("reads", "n BIGINT", into, **options(schema_registry.url))
    failing = laminar("run", "--until-caught-up", script=reads + "SELECT * FROM reads;\n", endpoint=quick_server.endpoint)
    failing.expect(1)
    assert bad[100][1] in failing.stderr and "sequence number" in failing.stderr, failing.stderr
    reads = source("reads", "n BIGINT", into, bad_data="dead_letter", **{"dead_letter.path": "bad.jsonl"}, **options(schema_registry.url))
    run = laminar("run", "--until-caught-up", script=reads + script, endpoint=quick_server.endpoint)
    run.expect(0)
    assert sorted(numbers(client, out)) == [n for n in range(1001) if n not in bad]
    with open(f"{run.folder.name}/bad.jsonl") as file:
        letters = [json.loads(line) for line in file]
    assert [base64.b64decode(letter["data"]) for letter in letters] == [data for data, _ in bad.values()]
    for letter, (_, reason) in zip(letters, bad.values()):
        assert reason in letter["reason"], letter


@pytest.mark.parametrize("outage", OUTAGES)
def test_down_at_the_start(quick_server, streams, laminar, schema_registry, gate_for, outage):
    client, into, out = streams
    good = header(schema_registry.register(f"{into}-value", V1))
    put_all(client, into, [("key", good + datum(V1, {"n": n})) for n in range(100)])
    gate = gate_for()
    gate.break_down(outage)
    script = (without_columns(source("reads", "n BIGINT", into, **options(gate.url))) + sink("writes", "n BIGINT", out, **options(gate.url))
              + "INSERT INTO writes SELECT n FROM reads;\n")  # fmt: skip
    gives_up = laminar("run", script=script.replace("'schema_registry.endpoint'", "'schema_registry.start_timeout' = '1s',\n'schema_registry.endpoint'"),
                       endpoint=quick_server.endpoint)  # fmt: skip
    gives_up.expect(1)  # the script is right: a supervisor starts it again
    assert "for 1 s (schema_registry.start_timeout)" in gives_up.stderr and "schema_registry.endpoint" in gives_up.stderr, gives_up.stderr
    waits = laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint)
    wait_for(lambda: "it is asked again" in waits.stderr, 30, waits.describe)
    assert waits.process.poll() is None
    gate.mend()
    waits.expect(0)
    assert len(read_all(client, out)) == 100
    assert "the schema registry answers again" in waits.stderr, waits.stderr


@pytest.mark.parametrize("outage", OUTAGES)
def test_down_later(quick_server, new_name, laminar, schema_registry, gate_for, outage, tmp_path):
    client = quick_server.client()
    into, out = new_name("registry-in"), new_name("registry-out")
    create_stream(client, into, 2)
    create_stream(client, out, 1)
    first, second = [shard["HashKeyRange"]["StartingHashKey"] for shard in list_shards(client, into)]
    known, unknown = (header(schema_registry.register(f"{into}-value", schema)) for schema in (V1, V2))
    counts = {first: 0, second: 1000}

    def put(shard, head, schema, count):
        for _ in range(count):
            row = {"n": counts[shard], "currency": "USD"}
            client.put_record(StreamName=into, PartitionKey="key", ExplicitHashKey=shard, Data=head + datum(schema, row))
            counts[shard] += 1

    gate = gate_for()
    script = (source("reads", "n BIGINT", into, **options(gate.url)) + sink("writes", "n BIGINT", out, **{"sink.batch_flush_interval_millis": "50"})
              + "INSERT INTO writes SELECT n FROM reads;\n")  # fmt: skip
    arguments = ("run", "--state-dir", tmp_path, "--checkpoint-interval", "200ms")
    run = laminar(*arguments, script=script, endpoint=quick_server.endpoint)
    put(first, known, V1, 10)
    wait_for(lambda: sorted(numbers(client, out)) == list(range(10)), 30, run.describe)
    gate.break_down(outage)
    put(first, known, V1, 10)
    put(first, unknown, V2, 10)
    put(first, known, V1, 10)  # behind them: in order
    put(second, known, V1, 20)
    going_on = [*range(20), *range(1000, 1020)]
    wait_for(lambda: sorted(numbers(client, out)) == going_on, 30, run.describe)
    wait_for(lambda: "records with a schema that is not known yet wait" in run.stderr, 30, run.describe)
    # It stops while it waits, and goes on waiting where it stood.
    assert run.stop() == 0, run.describe()
    run = laminar(*arguments, run.script_path, endpoint=quick_server.endpoint)
    put(second, known, V1, 5)
    wait_for(lambda: "it is asked again" in run.stderr, 30, run.describe)
    assert sorted(numbers(client, out)) == going_on
    gate.mend()
    wait_for(lambda: len(numbers(client, out)) == 65, 40, run.describe)
    found = numbers(client, out)
    assert [n for n in found if n < 1000] == list(range(40))
    assert [n for n in found if n >= 1000] == list(range(1000, 1025))
    assert run.stop() == 0, run.describe()


def test_secrets_stay_secret(quick_server, streams, laminar, schema_registry, gate_for):
    client, into, _ = streams
    good = header(schema_registry.register(f"{into}-value", V1))
    put_all(client, into, [("key", good + datum(V1, {"n": 1}))])
    gate = gate_for(authorization="Basic " + base64.b64encode(b"reader:open sesame").decode())
    secret = {"username": "reader", "password": "${REGISTRY_PASSWORD}"}
    script = source("reads", "n BIGINT", into, **options(gate.url, **secret)) + "SELECT * FROM reads;\n"
    run = laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint, environment={"REGISTRY_PASSWORD": "open sesame"})
    run.expect(0)
    assert run.rows() == [{"n": 1}]
    for columns in (script, without_columns(script)):
        run = laminar("run", "--until-caught-up", "--restarts", "0", script=columns, endpoint=quick_server.endpoint, environment={"REGISTRY_PASSWORD": "swordfish"})
        assert run.wait() in (1, 2)
        assert "status 401: Unauthorized" in run.stderr and "Correct the user name, password or token" in run.stderr, run.stderr
        assert "swordfish" not in run.stderr and base64.b64encode(b"reader:swordfish").decode() not in run.stderr
    laminar("check", script=script, endpoint=quick_server.endpoint).expect(0)  # it needs no secret
    run = laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint)
    run.expect(2)
    assert "the environment variable REGISTRY_PASSWORD, which schema_registry.password names, is not set" in run.stderr, run.stderr
    run = laminar("check", script=source("reads", "n BIGINT", into, format="avro", **{"schema_registry.subject": "s"}) + "SELECT * FROM reads;\n")
    run.expect(2)
    assert "schema_registry.subject is given, but no schema registry is" in run.stderr, run.stderr


def test_json_behind_a_header(quick_server, streams, laminar, schema_registry):
    client, into, out = streams
    put_all(client, into, [("key", header(n) + json.dumps({"n": n, "t": "2026-05-01T00:00:00Z"}).encode()) for n in range(20)])
    registered = {"json.confluent_schema_registry": "true"}
    script = (source("reads", "n BIGINT, t TIMESTAMP", into, **registered)
              + sink("writes", "n BIGINT NOT NULL, t TIMESTAMP", out, **registered, **{**options(schema_registry.url), "format": "json"})
              + "INSERT INTO writes SELECT n, t FROM reads;\n")  # fmt: skip
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    found = schema_registry.ask("GET", f"/subjects/{out}-value/versions/latest")
    assert found["schemaType"] == "JSON"
    properties = json.loads(found["schema"])["properties"]
    assert properties == {"n": {"type": "integer"}, "t": {"type": ["string", "null"], "format": "date-time"}}
    records = [r.data for r in read_all(client, out)]
    assert {data[:5] for data in records} == {header(found["id"])}
    assert sorted(json.loads(data[5:])["n"] for data in records) == list(range(20))
    again = source("again", "n BIGINT", out, **registered, **{**options(schema_registry.url), "format": "json"}) + "SELECT n + 1 AS n, year(t) AS y FROM again;\n"
    run = laminar("run", "--until-caught-up", script=without_columns(again), endpoint=quick_server.endpoint).expect(0)
    assert sorted((row["n"], row["y"]) for row in run.rows()) == [(n + 1, 2026) for n in range(20)]
    run = laminar("check", script=without_columns(again).replace(f"'{out}'", f"'{into}'"), endpoint=quick_server.endpoint).expect(2)
    assert f"{into}-value" in run.stderr, run.stderr
    run = laminar("check", script=script.replace("'schema_registry.endpoint'", "'schema_registry.subject'"))
    run.expect(2)
    assert "Add 'schema_registry.endpoint'" in run.stderr, run.stderr
