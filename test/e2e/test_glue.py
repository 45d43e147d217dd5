"""AWS Glue's schema registry, by the real binary: what a serializer of others writes under its ids is read, what is written its deserializer reads, and its outages."""

import base64
import json
import uuid
from collections import Counter

import boto3
import pytest
from aws_schema_registry import DataAndSchema, SchemaRegistryClient
from aws_schema_registry.avro import AvroSchema
from aws_schema_registry.codec import encode
from aws_schema_registry.jsonschema import JsonSchema
from aws_schema_registry.serde import KafkaDeserializer, KafkaSerializer

from harness.process import wait_for
from harness.registry import Gate
from harness.sql import sink, source, without_columns
from harness.streams import create_stream, put_all, read_all

V1 = {"type": "record", "name": "Order", "namespace": "shop", "fields": [{"name": "n", "type": "long"}]}
V2 = {**V1, "fields": [*V1["fields"], {"name": "currency", "type": "string", "default": "EUR"}]}
ORDER = {"type": "object", "properties": {"n": {"type": "integer"}, "currency": {"type": "string"}}}


class Glue:
    """A registry of its own at the server, with AWS's client library for it."""

    def __init__(self, endpoint):
        self.url, self.name = endpoint, f"registry-{uuid.uuid4().hex[:8]}"
        self.api = boto3.client("glue", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        self.api.create_registry(RegistryName=self.name)
        self.client = SchemaRegistryClient(self.api, registry_name=self.name)
        self.serializer = KafkaSerializer(self.client, schema_naming_strategy=lambda topic, is_key, schema: topic)
        self.deserializer = KafkaDeserializer(self.client)

    def write(self, stream, schema, row, compressed=False):
        if not compressed:
            return self.serializer.serialize(stream, DataAndSchema(row, schema))
        version = self.client.get_or_register_schema_version(str(schema), stream, schema.data_format, compatibility_mode="BACKWARD")
        return encode(schema.write(row), version.version_id, compression="zlib")

    def read(self, record):
        return self.deserializer.deserialize("", record).data

    def schema(self, name):
        return self.api.get_schema(SchemaId={"RegistryName": self.name, "SchemaName": name})

    def options(self, **more):
        return {"format": "avro", "schema_registry.type": "glue", "schema_registry.endpoint": self.url, "schema_registry.registry_name": self.name,
                **{f"schema_registry.{name}": value for name, value in more.items()}}  # fmt: skip


@pytest.fixture
def glue(server_pool):
    glue = Glue(server_pool("moto").endpoint)
    yield glue
    glue.api.delete_registry(RegistryId={"RegistryName": glue.name})


@pytest.fixture
def streams(quick_server, new_name):
    client = quick_server.client()
    names = new_name("glue-in"), new_name("glue-out")
    for name in names:
        create_stream(client, name, 1)
    return client, *names


def numbers(client, stream):
    return [json.loads(r.data)["n"] for r in read_all(client, stream)]


def test_avro_of_others_is_read(quick_server, streams, laminar, glue):
    client, into, _ = streams
    rows = [{"n": n, "currency": ("USD", "JPY")[n % 2]} for n in range(3000)]
    schemas = AvroSchema(V1), AvroSchema(V2)
    put_all(client, into, [("key", glue.write(into, schemas[row["n"] % 2], row if row["n"] % 2 else {"n": row["n"]}, compressed=row["n"] % 3 == 0)) for row in rows])
    named = source("reads", "n BIGINT NOT NULL, currency TEXT", into, **glue.options())
    for script, default in ((named, None), (without_columns(named), "EUR")):
        run = laminar("run", "--until-caught-up", script=script + "SELECT n, currency FROM reads;\n", endpoint=quick_server.endpoint)
        run.expect(0)
        assert run.rows() == [{"n": row["n"], "currency": row["currency"] if row["n"] % 2 else default} for row in rows], run.describe()


def test_json_of_others_is_read(quick_server, streams, laminar, glue):
    client, into, _ = streams
    rows = [{"n": n, "currency": "USD"} for n in range(300)]
    put_all(client, into, [("key", glue.write(into, JsonSchema(ORDER), row, compressed=row["n"] % 2 == 0)) for row in rows])
    named = source("reads", "n BIGINT, currency TEXT", into, **{**glue.options(), "format": "json"})
    for script in (named, without_columns(named)):
        run = laminar("run", "--until-caught-up", script=script + "SELECT n, currency FROM reads;\n", endpoint=quick_server.endpoint)
        run.expect(0)
        assert run.rows() == rows, run.describe()


@pytest.mark.parametrize("compression", ["none", "zlib"])
@pytest.mark.parametrize("data_format", ["avro", "json"])
def test_what_is_written_others_read(quick_server, streams, laminar, glue, data_format, compression):
    client, into, out = streams
    rows = [{"n": n, "k": f"row {n}" * 20 if n else None} for n in range(50)]
    put_all(client, into, [("key", json.dumps(row)) for row in rows])
    table = {**glue.options(compression=compression, compatibility="full"), "format": data_format}
    script = (source("reads", "n BIGINT, k TEXT", into) + sink("writes", "n BIGINT NOT NULL, k TEXT", out, **table)
              + "INSERT INTO writes SELECT n, k FROM reads;\n")  # fmt: skip
    assert laminar("check", script=script, endpoint=quick_server.endpoint).wait() == 0
    with pytest.raises(glue.api.exceptions.EntityNotFoundException):  # a check writes nothing
        glue.schema(out)
    for _ in range(2):
        laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    records = [record.data for record in read_all(client, out)]
    assert {(data[0], data[1]) for data in records} == {(3, 5 if compression == "zlib" else 0)}
    assert sorted((glue.read(data) for data in records), key=lambda row: row["n"]) == [row for row in rows for _ in range(2)]
    made = glue.schema(out)
    assert (made["LatestSchemaVersion"], made["Compatibility"], made["DataFormat"]) == (1, "FULL", data_format.upper())
    again = source("again", "n BIGINT, k TEXT", out, **table | {"schema_registry.compression": None, "schema_registry.compatibility": None}) + "SELECT * FROM again;\n"
    run = laminar("run", "--until-caught-up", script=again, endpoint=quick_server.endpoint).expect(0)
    assert sorted(run.rows(), key=lambda row: row["n"]) == [row for row in rows for _ in range(2)]


def test_a_sink_that_does_not_register(quick_server, streams, laminar, glue):
    client, into, out = streams
    put_all(client, into, [("key", '{"n": 1}')])
    script = (source("reads", "n BIGINT", into) + sink("writes", "n BIGINT, currency TEXT", out, **glue.options(schema_name="orders", auto_register="false"))
              + "INSERT INTO writes SELECT n, 'USD' FROM reads;\n")  # fmt: skip
    run = laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(2)
    assert f"registry {glue.name} in us-east-1" in run.stderr and "has no schema orders" in run.stderr, run.stderr
    glue.write("orders", AvroSchema(V2), {"n": 1, "currency": "EUR"})
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    assert [glue.read(record.data) for record in read_all(client, out)] == [{"n": 1, "currency": "USD"}]
    assert glue.schema("orders")["LatestSchemaVersion"] == 1


def test_one_bad_record_in_a_thousand(quick_server, streams, laminar, glue):
    client, into, out = streams
    schema = AvroSchema(V1)
    good = glue.write(into, schema, {"n": 1})
    unknown = uuid.uuid4()
    zlib = glue.write(into, schema, {"n": 1}, compressed=True)
    bad = {100: (encode(schema.write({"n": 1}), unknown), f"unknown schema id {unknown}"), 200: (b'{"n":1}', "does not begin with the byte 3 and the id of a schema version"),
           300: (good[:17], "the record ends within the id of the schema version"), 400: (good[:18], "the datum ends too early"),
           500: (zlib[:-1], "zlib: the data ends too early"), 600: (good[:1] + b"\x07" + good[2:], "neither 0 (not) nor 5 (zlib)"),
           700: (b"\x00\x00\x00\x00\x01\x02", "as a serializer of a Confluent schema registry writes it")}  # fmt: skip
    put_all(client, into, [("key", bad[n][0] if n in bad else glue.write(into, schema, {"n": n}, compressed=n % 7 == 0)) for n in range(1001)])
    reads = source("reads", "n BIGINT", into, **glue.options())
    failing = laminar("run", "--until-caught-up", script=reads + "SELECT * FROM reads;\n", endpoint=quick_server.endpoint).expect(1)
    assert bad[100][1] in failing.stderr and "sequence number" in failing.stderr, failing.stderr
    reads = source("reads", "n BIGINT", into, bad_data="dead_letter", **{"dead_letter.path": "bad.jsonl"}, **glue.options())
    run = laminar("run", "--until-caught-up", script=reads + sink("writes", "n BIGINT", out) + "INSERT INTO writes SELECT * FROM reads;\n", endpoint=quick_server.endpoint)
    run.expect(0)
    assert Counter(numbers(client, out)) == Counter(n for n in range(1001) if n not in bad)
    with open(f"{run.folder.name}/bad.jsonl") as file:
        letters = [json.loads(line) for line in file]
    assert [base64.b64decode(letter["data"]) for letter in letters] == [data for data, _ in bad.values()]
    for letter, (_, reason) in zip(letters, bad.values()):
        assert reason in letter["reason"], letter


@pytest.mark.parametrize("outage", ["500", "429", "html", "refused"])
def test_outages(quick_server, streams, laminar, glue, outage, tmp_path):
    client, into, out = streams
    first, second = AvroSchema(V1), AvroSchema(V2)
    put_all(client, into, [("key", glue.write(into, first, {"n": n})) for n in range(50)])
    gate = Gate(glue.url, path="")
    try:
        gate.break_down(outage)
        script = (without_columns(source("reads", "n BIGINT", into, **{**glue.options(), "schema_registry.endpoint": gate.url}))
                  + sink("writes", "n BIGINT", out, **{"sink.batch_flush_interval_millis": "50"}) + "INSERT INTO writes SELECT n FROM reads;\n")  # fmt: skip
        run = laminar("run", "--state-dir", tmp_path, "--checkpoint-interval", "200ms", script=script, endpoint=quick_server.endpoint)
        wait_for(lambda: "it is asked again" in run.stderr, 30, run.describe)
        gate.mend()
        wait_for(lambda: numbers(client, out) == list(range(50)), 40, run.describe)
        # Later: what is known goes on, what is not waits.
        gate.break_down(outage)
        put_all(client, into, [("key", glue.write(into, first, {"n": n})) for n in range(50, 60)])
        put_all(client, into, [("key", glue.write(into, second, {"n": n, "currency": "USD"})) for n in range(60, 70)])
        wait_for(lambda: numbers(client, out) == list(range(60)), 40, run.describe)
        wait_for(lambda: "records with a schema that is not known yet wait" in run.stderr, 30, run.describe)
        gate.mend()
        wait_for(lambda: numbers(client, out) == list(range(70)), 40, run.describe)
        assert run.stop() == 0, run.describe()
    finally:
        gate.close()


def test_options_that_do_not_go_together(quick_server, streams, laminar, glue):
    _, into, _ = streams

    def problem(environment=None, **options):
        script = source("reads", "n BIGINT", into, **{**glue.options(), **options}) + "SELECT * FROM reads;\n"
        run = laminar("check", script=script, endpoint=quick_server.endpoint, environment=environment).expect(2)
        return run.stderr

    assert "Write schema_registry.schema_name for the schema's name" in problem(**{"schema_registry.subject": "s"})
    assert "signed with the AWS credentials" in problem(**{"schema_registry.token": "t"})
    assert "Add 'schema_registry.type' = 'glue'" in problem(**{"schema_registry.type": "confluent"})
    assert "'US west' (schema_registry.region) is not the name of a region" in problem(**{"schema_registry.region": "US west"})
    assert "is not how records with a schema in AWS Glue begin" in problem(**{"avro.encoding": "confluent"})
    assert "the table's schema registry is AWS Glue's" in problem(format="json", **{"json.confluent_schema_registry": "true"})
    nowhere = (source("reads", "n BIGINT", into) + sink("writes", "n BIGINT", into, **{**glue.options(), "schema_registry.registry_name": "nowhere"})
               + "INSERT INTO writes SELECT n FROM reads;\n")  # fmt: skip
    run = laminar("run", "--until-caught-up", script=nowhere, endpoint=quick_server.endpoint).expect(2)
    assert "aws glue create-registry --registry-name nowhere" in run.stderr, run.stderr
    nowhere = without_columns(source("reads", "n BIGINT", into, **{**glue.options(), "schema_registry.registry_name": "nowhere"})) + "SELECT * FROM reads;\n"
    run = laminar("run", script=nowhere, endpoint=quick_server.endpoint).expect(2)
    assert "registry nowhere in us-east-1" in run.stderr and "or correct schema_registry.registry_name" in run.stderr, run.stderr
    assert run.stderr.count("error:") == 1, run.stderr
