"""Avro by the real binary: what fastavro and the official library write is read, what is written they read."""

import datetime
import io
import json
import struct
import uuid
from decimal import Decimal

import avro.datafile
import avro.io
import avro.schema
import fastavro
import fastavro.schema
import pytest

from harness.avro_records import container, datum, fingerprint, single_object
from harness.pages import READINGS, expected_alert, reading
from harness.sql import page, sink, source
from harness.streams import create_stream, put_all, read_all

UTC = datetime.timezone.utc

# Name, column, Avro type, values as fastavro gives them, what JSON has for them.
CASES = [
    ("b", "BOOLEAN", "boolean", [True, False], [True, False]),
    ("i", "INTEGER", "int", [0, -(2**31), 2**31 - 1], None),
    ("l", "BIGINT", "long", [0, -(2**63), 2**63 - 1], None),
    ("f", "FLOAT", "float", [0.5, -1.25, 3.4028234663852886e38], [0.5, -1.25, 3.4028235e38]),
    ("d", "DOUBLE", "double", [0.1, -1e300, 5e-324], None),
    ("s", "TEXT", "string", ["", "Zoë \"日本\" 😀\n", "x" * 5000], None),
    ("bin", "BLOB", "bytes", [b"", b"\x00\xff", b"abc"], ["", "AP8=", "YWJj"]),
    ("fix", "BLOB", {"type": "fixed", "name": "Fix", "size": 2}, [b"\x00\xff", b"ab"], ["AP8=", "YWI="]),
    ("e", "TEXT", {"type": "enum", "name": "Suit", "symbols": ["HEARTS", "SPADES"]}, ["SPADES", "HEARTS"], None),
    ("day", "DATE", {"type": "int", "logicalType": "date"}, [datetime.date(1, 1, 1), datetime.date(9999, 12, 31)], ["0001-01-01", "9999-12-31"]),
    ("tm", "TIME", {"type": "int", "logicalType": "time-millis"}, [datetime.time(0), datetime.time(23, 59, 59, 999000)], ["00:00:00", "23:59:59.999"]),
    ("tu", "TIME", {"type": "long", "logicalType": "time-micros"}, [datetime.time(23, 59, 59, 999999)], ["23:59:59.999999"]),
    ("tsm", "TIMESTAMP", {"type": "long", "logicalType": "timestamp-millis"},
     [datetime.datetime(1969, 12, 31, 23, 59, 59, 999000, UTC), datetime.datetime(2026, 5, 1, tzinfo=UTC)],
     ["1969-12-31T23:59:59.999Z", "2026-05-01T00:00:00.000Z"]),
    ("tsu", "TIMESTAMP", {"type": "long", "logicalType": "timestamp-micros"},
     [datetime.datetime(1, 1, 1, 0, 0, 0, 1, UTC), datetime.datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)],
     ["0001-01-01T00:00:00.000001Z", "9999-12-31T23:59:59.999999Z"]),
    ("dec", "DECIMAL(38,10)", {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 10},
     [Decimal("-0.0000000001"), Decimal("9999999999999999999999999999.9999999999")], None),
    ("decf", "DECIMAL(9,2)", {"type": "fixed", "name": "Money", "size": 4, "logicalType": "decimal", "precision": 9, "scale": 2},
     [Decimal("-9999999.99"), Decimal("0.01")], None),
    ("id", "UUID", {"type": "string", "logicalType": "uuid"}, [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)],
     [str(uuid.UUID(int=0)), str(uuid.UUID(int=2**128 - 1))]),
    ("list", "BIGINT[]", {"type": "array", "items": ["null", "long"]}, [[], [1, None, -5], list(range(300))], None),
    ("map", "MAP(TEXT, DOUBLE)", {"type": "map", "values": "double"}, [{}, {"a": 1.5, "é": -2.5}], None),
    ("rec", "STRUCT(x BIGINT, y STRUCT(z TEXT[]))",
     {"type": "record", "name": "Rec", "fields": [{"name": "x", "type": "long"}, {"name": "y", "type": {
         "type": "record", "name": "In", "fields": [{"name": "z", "type": {"type": "array", "items": "string"}}]}}]},
     [{"x": 1, "y": {"z": ["a", "b"]}}], None),
]  # fmt: skip
COLUMNS = ", ".join(f"{name} {column}" for name, column, *_ in CASES)
SCHEMA = {"type": "record", "name": "Everything", "namespace": "test", "fields": [
    {"name": name, "type": ["null", kind], "default": None} for name, _, kind, *_ in CASES] + [{"name": "n", "type": "int"}]}  # fmt: skip
ROWS = [{"n": i, **{name: values[i % len(values)] if i else None for name, _, _, values, _ in CASES}} for i in range(7)]


def expected_json(row):
    shown = {name: dict(zip(map(repr, values), texts or values)) for name, _, _, values, texts in CASES}
    return {name: value if name == "n" or value is None else shown[name][repr(value)] for name, value in row.items()}


def official(schema):
    return avro.schema.parse(json.dumps(schema))


def with_text_ids(row):
    """The official library takes a uuid as its text."""
    return {**row, "id": row["id"] and str(row["id"])}


def official_raw(schema, row):
    out = io.BytesIO()
    avro.io.DatumWriter(official(schema)).write(with_text_ids(row), avro.io.BinaryEncoder(out))
    return out.getvalue()


def official_container(schema, rows, codec):
    out = io.BytesIO()
    writer = avro.datafile.DataFileWriter(out, avro.io.DatumWriter(), official(schema), codec=codec)
    for row in rows:
        writer.append(with_text_ids(row))
    writer.flush()
    return out.getvalue()


def decoded(data, schema=None):
    """The rows of a record, by fastavro; `schema` for what does not carry one."""
    if data.startswith(b"Obj\x01"):
        return list(fastavro.reader(io.BytesIO(data)))
    if schema is not None and data.startswith(b"\xc3\x01" + fingerprint(schema)):
        data = data[10:]
    stream = io.BytesIO(data)
    row = fastavro.schemaless_reader(stream, schema)
    assert stream.read() == b""
    return [row]


def officially_decoded(data, schema=None):
    if data.startswith(b"Obj\x01"):
        return list(avro.datafile.DataFileReader(io.BytesIO(data), avro.io.DatumReader()))
    if data.startswith(b"\xc3\x01"):
        data = data[10:]
    return [avro.io.DatumReader(official(schema)).read(avro.io.BinaryDecoder(io.BytesIO(data)))]


@pytest.fixture
def streams(quick_server, new_name):
    """Two streams, and the client."""
    client = quick_server.client()
    names = new_name("avro-in"), new_name("avro-out")
    for name in names:
        create_stream(client, name, 1)
    return client, *names


def avro_source(name, columns, stream, schema=None, **options):
    given = {"avro.schema": json.dumps(schema)} if schema else {}
    return source(name, columns, stream, format="avro", **given, **options)


def test_what_the_libraries_write_is_read(quick_server, streams, laminar):
    client, into, out = streams
    parsed = fastavro.parse_schema(json.loads(json.dumps(SCHEMA)))
    encodings = [
        [single_object(parsed, row) for row in ROWS],
        [datum(parsed, row) for row in ROWS],
        [official_raw(SCHEMA, row) for row in ROWS],
        [container(parsed, ROWS, codec) for codec in ("null", "deflate", "snappy")],
        [official_container(SCHEMA, ROWS, codec) for codec in ("null", "deflate", "zstandard")],
    ]
    put_all(client, into, [record for records in encodings for record in records])
    script = (avro_source("reads", f"{COLUMNS}, n INTEGER NOT NULL", into, SCHEMA) + sink("shows", f"{COLUMNS}, n INTEGER", out)
              + "INSERT INTO shows SELECT * FROM reads;\n")  # fmt: skip
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    found = [json.loads(r.data, parse_float=lambda text: Decimal(text) if len(text) > 25 and "e" not in text else float(text)) for r in read_all(client, out)]
    assert len(found) == 9 * len(ROWS)
    for row in found:
        expected = expected_json(ROWS[row["n"]])
        for name in expected:
            value = row[name]
            if isinstance(expected[name], Decimal):
                value = Decimal(str(value))
            assert value == expected[name], name


@pytest.mark.parametrize("encoding,codec", [("single_object", "null"), ("raw", "null"), ("container", "null"), ("container", "deflate"),
                                            ("container", "snappy"), ("container", "zstandard")])  # fmt: skip
@pytest.mark.parametrize("given", ["schema given", "schema of the columns"])
def test_what_is_written_the_libraries_read(quick_server, streams, laminar, encoding, codec, given):
    client, into, out = streams
    parsed = fastavro.parse_schema(json.loads(json.dumps(SCHEMA)))
    put_all(client, into, [container(parsed, ROWS)])
    schema = SCHEMA if given == "schema given" else None
    options = {"avro.schema": json.dumps(schema)} if schema else {}
    script = (avro_source("reads", f"{COLUMNS}, n INTEGER", into)
              + sink("writes", f"{COLUMNS}, n INTEGER NOT NULL", out, format="avro", **{"avro.encoding": encoding, "avro.codec": codec}, **options)
              + "INSERT INTO writes SELECT * FROM reads;\n")  # fmt: skip
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    records = [r.data for r in read_all(client, out)]
    assert len(records) == (1 if encoding == "container" else len(ROWS))
    if schema is None and encoding != "container":
        return  # the schema is Laminar's own; containers carry it
    if codec != "zstandard":  # each library has one codec that the other lacks
        assert sorted((row for data in records for row in decoded(data, parsed)), key=lambda row: row["n"]) == ROWS
    if codec != "snappy":
        theirs = sorted((row for data in records for row in officially_decoded(data, SCHEMA)), key=lambda row: row["n"])
        assert [{**row, "id": row["id"] and uuid.UUID(str(row["id"]))} for row in theirs] == ROWS


SENSOR = {"type": "record", "name": "Reading", "fields": [
    {"name": "device_id", "type": "string"},
    {"name": "location", "type": {"type": "record", "name": "Location", "fields": [
        {"name": "site", "type": "string"}, {"name": "pos", "type": {"type": "array", "items": "double"}}]}},
    {"name": "temperature", "type": ["null", "double"]},
    {"name": "humidity", "type": "double"},
    {"name": "pressure", "type": "double"},
    {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-millis"}},
]}  # fmt: skip


def in_avro(script, **schemas):
    """The page's pipeline with format = 'avro' at its tables; a schema for the first, the second."""
    parts = script.split("format = 'json'")
    assert len(parts) == 3
    more = [f"format = 'avro', 'avro.schema' = '{json.dumps(schemas[kind])}'" if kind in schemas else "format = 'avro'" for kind in ("source", "sink")]
    return parts[0] + more[0] + parts[1] + more[1] + parts[2]


def test_the_pages_iot_pipeline(quick_server, laminar, new_name):
    client = quick_server.client()
    into, out = new_name("iot-sensors"), new_name("iot-alerts")
    create_stream(client, into, 2)
    create_stream(client, out, 2)
    rows = [reading(device, temperature) for device, temperature in READINGS]
    parsed = fastavro.parse_schema(json.loads(json.dumps(SENSOR)))
    put_all(client, into, [single_object(parsed, {"temperature": None, **row, "timestamp": datetime.datetime.fromisoformat(row["timestamp"])}) for row in rows])
    alert = {"type": "record", "name": "Alert", "fields": [{"name": n, "type": ["null", "string"]} for n in ("device_id", "alert_type", "severity", "details")]
             + [{"name": "detected_at", "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}]}]}  # fmt: skip
    script = in_avro(page("iot"), source=SENSOR, sink=alert).replace("'iot-sensors'", f"'{into}'").replace("'iot-alerts'", f"'{out}'")
    script = script.replace("'latest'", "'earliest'").replace("eu-west-1", "us-east-1")
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    found = []
    for record in read_all(client, out):
        [row] = decoded(record.data, fastavro.parse_schema(alert))
        found.append((row["device_id"], row["alert_type"], row["severity"], json.loads(row["details"]), row["detected_at"]))
    expected = [expected_alert(row) for row in rows if expected_alert(row)]
    assert sorted(found, key=lambda row: row[0]) == sorted(expected, key=lambda row: row[0])


SMALL = {"type": "record", "name": "Small", "fields": [{"name": "n", "type": "long"}, {"name": "k", "type": "string"}]}


def bad_records():
    good = datum(SMALL, {"n": 1, "k": "text"})
    return {
        "truncated": (good[:-1], "a length goes beyond the end of the datum"),
        "other schema": (good + b"\x00", "bytes follow the datum"),
        "unknown schema": (b"\xc3\x01" + struct.pack("<Q", 5) + good, "the schema with the fingerprint 0000000000000005 is not known"),
        "wrong magic": (b"Obj\x02" + good, "a length"),
        "not UTF-8": (datum(SMALL, {"n": 1, "k": "text"})[:-4] + b"\xff\xfe\xff\xfe", "not valid UTF-8"),
        "100 MB": (b"\x02" + b"\x80\x80\x80\x64" + b"x", "a length goes beyond the end of the datum"),
        "torn container": (container(SMALL, [{"n": 1, "k": "text"}])[:-3], "a block ends too early"),
    }


@pytest.mark.parametrize("kind", bad_records())
def test_one_bad_record_in_a_thousand(quick_server, streams, laminar, kind):
    client, into, out = streams
    data, reason = bad_records()[kind]
    schema = fastavro.parse_schema(json.loads(json.dumps(SMALL)))
    put_all(client, into, [("key", single_object(schema, {"n": n, "k": f"row {n}"})) if n != 500 else ("key", data) for n in range(1001)])
    columns = "n BIGINT, k TEXT"
    script = sink("writes", columns, out) + "INSERT INTO writes SELECT * FROM reads;\n"
    dropping = avro_source("reads", columns, into, SMALL, bad_data="drop") + script
    laminar("run", "--until-caught-up", script=dropping, endpoint=quick_server.endpoint).expect(0)
    assert sorted(json.loads(r.data)["n"] for r in read_all(client, out)) == [n for n in range(1001) if n != 500]
    failing = laminar("run", "--until-caught-up", script=avro_source("reads", columns, into, SMALL) + script, endpoint=quick_server.endpoint)
    failing.expect(1)
    assert reason in failing.stderr and "sequence number" in failing.stderr, failing.stderr


def test_columns_of_the_schema(quick_server, streams, laminar, tmp_path):
    client, into, _ = streams
    file = tmp_path / "small.avsc"
    file.write_text(json.dumps(SMALL))
    put_all(client, into, [container(SMALL, [{"n": n, "k": f"row {n}"} for n in range(5)])])
    script = (f"CREATE TABLE reads WITH (connector = 'kinesis', stream_name = '{into}', aws_region = 'us-east-1', type = 'source', "
              f"'source.offset' = 'earliest', format = 'avro', 'avro.schema_file' = '{file}');\nSELECT k, n + 1 AS m FROM reads;\n")  # fmt: skip
    run = laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint)
    run.expect(0)
    assert [json.loads(line) for line in run.stdout.splitlines()] == [{"k": f"row {n}", "m": n + 1} for n in range(5)]


def test_a_column_that_containers_do_not_have_is_told_once(quick_server, streams, laminar):
    """As in a header of CSV; nothing is said of raw datums, whose schema the table names, nor of a NOT NULL column, whose rows are bad."""
    client, into, _ = streams
    parsed = fastavro.parse_schema(SMALL)
    put_all(client, into, [("key", container(parsed, [{"n": n, "k": f"row {n}"}], codec)) for n, codec in enumerate(["null", "deflate"] * 5)])
    told = "a column is NULL, as the schema of a record does not name it"
    for columns, count in (("k TEXT, mising TEXT", 1), ("k TEXT, n BIGINT", 0)):
        run = laminar("run", "--until-caught-up", script=avro_source("reads", columns, into) + "SELECT * FROM reads;\n", endpoint=quick_server.endpoint)
        run.expect(0)
        assert len(run.rows()) == 10 and run.stderr.count(told) == count and run.stderr.count("mising") == count, run.stderr
    run = laminar("run", "--until-caught-up", script=avro_source("reads", "k TEXT, mising TEXT NOT NULL", into) + "SELECT * FROM reads;\n", endpoint=quick_server.endpoint)
    run.expect(1)
    assert told not in run.stderr, run.stderr


def test_check_names_what_does_not_fit(laminar):
    run = laminar("check", script=avro_source("reads", "n BIGINT, k BIGINT", "s", SMALL) + "SELECT n, k FROM reads;\n")
    run.expect(2)
    assert "field k: string cannot be read as BIGINT" in run.stderr and "VARCHAR" in run.stderr, run.stderr
    run = laminar("check", script=avro_source("reads", "n BIGINT, other TEXT", "s", SMALL) + "SELECT n, other FROM reads;\n")
    run.expect(2)
    assert "the Avro schema has no field other" in run.stderr, run.stderr


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "zstandard"])
def test_a_file_that_we_write_others_read(laminar, tmp_path, codec):
    """One container of many blocks, whatever the number of workers; and it is read back."""
    rows = 10_000
    with open(tmp_path / "in.jsonl", "w") as file:
        file.writelines(json.dumps({"n": n, "k": f"key {n % 7}" if n % 5 else None}) + "\n" for n in range(rows))
    options = "" if codec == "null" else f", 'avro.codec' = '{codec}'"
    tables = (f"CREATE TABLE reads (n BIGINT, k TEXT) WITH (connector = 'single_file', path = '{tmp_path}/in.jsonl', format = 'json');\n"
              f"CREATE TABLE file (n BIGINT NOT NULL, k TEXT) WITH (connector = 'single_file', path = '{tmp_path}/out.avro', format = 'avro'{{}});\n")  # fmt: skip
    laminar("run", "--parallelism", "2", script=tables.format(options) + "INSERT INTO file SELECT n, k FROM reads;\n").expect(0)
    expected = [{"n": n, "k": f"key {n % 7}" if n % 5 else None} for n in range(rows)]
    # Of each library one codec needs a package that the tests do not have.
    if codec != "zstandard":
        with open(tmp_path / "out.avro", "rb") as file:
            blocks = list(fastavro.block_reader(file))
        assert len(blocks) > 1 and sorted((row for block in blocks for row in block), key=lambda row: row["n"]) == expected
    if codec != "snappy":
        reader = avro.datafile.DataFileReader(open(tmp_path / "out.avro", "rb"), avro.io.DatumReader())
        assert sorted(reader, key=lambda row: row["n"]) == expected
    run = laminar("run", script=tables.format("") + "SELECT n, k FROM file;\n").expect(0)
    assert sorted(run.rows(), key=lambda row: row["n"]) == expected


def test_a_text_that_is_no_symbol_says_which_table(laminar, tmp_path):
    schema = json.dumps({"type": "record", "name": "R", "fields": [{"name": "status", "type": {"type": "enum", "name": "E", "symbols": ["a"]}}]})
    run = laminar("run", script=f"""CREATE TABLE marks (status TEXT) WITH (connector = 'single_file', path = '{tmp_path}/out.avro', format = 'avro', 'avro.schema' = '{schema}');
        INSERT INTO marks VALUES ('b');""")
    assert run.wait() != 0 and "table marks: column status VARCHAR of a row cannot be written: it is no symbol of the Avro enum" in run.stderr, run.describe()


def test_a_codec_is_for_containers(laminar, tmp_path):
    """A file is one without saying so; a record of a stream is not."""
    script = "CREATE TABLE g (n BIGINT AS (i)) WITH (connector = 'generator', rows = 3);\n"
    file = f"CREATE TABLE out (n BIGINT) WITH (connector = 'single_file', path = '{tmp_path}/out.avro', format = 'avro', 'avro.codec' = 'deflate'{{}});\n"
    insert = "INSERT INTO out SELECT n FROM g;\n"
    for encoding in ("", ", 'avro.encoding' = 'container'"):
        laminar("run", script=script + file.format(encoding) + insert).expect(0)
        with open(tmp_path / "out.avro", "rb") as written:
            reader = fastavro.reader(written)
            assert reader.codec == "deflate" and len(list(reader)) == 3
    run = laminar("check", script=script + file.format(", compression = 'gzip'") + insert)
    run.expect(2)
    run = laminar("check", script=script + "CREATE TABLE out (n BIGINT) WITH (connector = 'kinesis', stream_name = 's', format = 'avro', 'avro.codec' = 'deflate');\n" + insert)
    run.expect(2)
    assert "avro.codec compresses the blocks of containers" in run.stderr, run.stderr


def test_a_file_without_rows_is_a_container(laminar, tmp_path):
    (tmp_path / "in.jsonl").write_text("")
    tables = (f"CREATE TABLE reads (n BIGINT) WITH (connector = 'single_file', path = '{tmp_path}/in.jsonl', format = 'json');\n"
              f"CREATE TABLE file (n BIGINT) WITH (connector = 'single_file', path = '{tmp_path}/out.avro', format = 'avro');\n")  # fmt: skip
    laminar("run", script=tables + "INSERT INTO file SELECT n FROM reads;\n").expect(0)
    with open(tmp_path / "out.avro", "rb") as file:
        assert list(fastavro.reader(file)) == []
    run = laminar("run", "--state-dir", tmp_path / "state", script=tables + "INSERT INTO file SELECT n FROM reads;\n")
    assert run.wait() != 0 and "cannot be gone on with from a checkpoint" in run.stderr, run.describe()


def test_unions_of_several_types_are_written_as_they_were(laminar, tmp_path):
    """What a union holds is JSON in between, and goes back to its branch."""
    union = ["null", "string", "double", {"type": "array", "items": ["long", "string"]}, "boolean", "long",
             {"type": "record", "name": "P", "fields": [{"name": "x", "type": "long"}, {"name": "deep", "type": ["null", "int", "string"], "default": None}]},
             {"type": "record", "name": "Q", "fields": [{"name": "y", "type": "string"}]}]  # fmt: skip
    schema = {"type": "record", "name": "R", "fields": [{"name": "n", "type": "long"}, {"name": "u", "type": union}]}
    values = [None, "text", "", '"quoted"', "5", 5, -(2**63), 2.5, 1e300, True, False, [], [1, "two", 3], {"x": 1, "deep": None}, {"x": 2, "deep": "d"},
              {"x": 3, "deep": 4}, {"y": "why"}, "a longer text with \\ \n é \U0001f600"]  # fmt: skip
    rows = [{"n": n, "u": value} for n, value in enumerate(values * 200)]
    (tmp_path / "in.avro").write_bytes(container(schema, rows))
    (tmp_path / "r.avsc").write_text(json.dumps(schema))
    table = "CREATE TABLE {0} WITH (connector = 'single_file', path = '{0}.avro', type = '{1}', format = 'avro', 'avro.schema_file' = 'r.avsc');\n"
    script = table.format("in", "source").replace("TABLE in", 'TABLE "in"') + table.format("back", "sink") + 'INSERT INTO back SELECT * FROM "in";\n'
    laminar("run", script=script, cwd=tmp_path).expect(0)
    found = decoded((tmp_path / "back.avro").read_bytes())
    assert found == rows and [type(row["u"]) for row in found] == [type(row["u"]) for row in rows]
    # Of another type the value's own; JSON that no branch takes is text where there is a string, else an error.
    numbers = "CREATE TABLE o WITH (connector = 'single_file', path = 'o.avro', format = 'avro', 'avro.schema' = '{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"u\",\"type\":%s}]}');\n"
    for of, value, wanted in (('["null","long","string"]', "5::BIGINT", 5), ('["null","long","string"]', "'{\"a\": 1}'::JSON", '{"a": 1}'),
                                ('["null","int","boolean"]', "'true'::JSON", True), ('{"type":"map","values":"int"}', "'{\"a\": 1}'::JSON", {"a": 1})):  # fmt: skip
        laminar("run", script=numbers % of + f"INSERT INTO o SELECT {value} AS u;\n", cwd=tmp_path).expect(0)
        assert decoded((tmp_path / "o.avro").read_bytes()) == [{"u": wanted}]
    said = laminar("run", script=numbers % '["null","int","boolean"]' + "INSERT INTO o SELECT '\"x\"'::JSON AS u;\n", cwd=tmp_path).expect(1).stderr
    assert "no branch of the Avro union takes it" in said and "u" in said, said
