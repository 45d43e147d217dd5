"""laminar infer: the CREATE TABLE that it prints for records of others runs as it is, and gives their rows back."""

import csv
import datetime
import gzip
import io
import json
import signal
import subprocess

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.aggregators import Python
from harness.laminar import binary
from harness.process import clean_environment
from harness.streams import create_stream, put_all

UTC = datetime.timezone.utc
START = datetime.datetime(2026, 1, 1, 10, tzinfo=UTC)
FORMATS = ["json", "csv", "parquet", "avro"]
SCHEMA = {"type": "record", "name": "Order", "fields": [
    {"name": "order_id", "type": "long"}, {"name": "customer", "type": ["null", "string"]}, {"name": "amount", "type": "double"},
    {"name": "paid", "type": "boolean"}, {"name": "order time", "type": {"type": "long", "logicalType": "timestamp-micros"}}]}


def orders(count):
    return [{"order_id": n, "customer": None if n % 10 == 9 else f"c {n % 7}", "amount": n + 0.25, "paid": n % 3 == 0,
             "order time": START + datetime.timedelta(milliseconds=250 * n)} for n in range(count)]


def encoded(rows, format):
    """The rows as one record, or one file."""
    out = io.BytesIO()
    if format == "parquet":
        schema = pa.schema([("order_id", pa.int64()), ("customer", pa.string()), ("amount", pa.float64()), ("paid", pa.bool_()), ("order time", pa.timestamp("us"))])
        pq.write_table(pa.Table.from_pylist([row | {"order time": row["order time"].replace(tzinfo=None)} for row in rows], schema), out)
    elif format == "avro":
        fastavro.writer(out, SCHEMA, rows)
    elif format == "csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows([row | {"paid": str(row["paid"]).lower(), "order time": row["order time"].strftime("%Y-%m-%d %H:%M:%S.%f")} for row in rows])
        out.write(text.getvalue().encode())
    else:
        out.write("".join(json.dumps(row | {"order time": row["order time"].isoformat().replace("+00:00", "Z")}) + "\n" for row in rows).encode())
    return out.getvalue()


def infer(*arguments, cwd=None, code=0):
    variables = clean_environment(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_EC2_METADATA_DISABLED="true")
    done = subprocess.run([binary(), "infer", *map(str, arguments)], capture_output=True, text=True, env=variables, cwd=cwd, timeout=60)
    assert done.returncode == code, f"{done.returncode}: {done.stderr}\n{done.stdout}"
    return done.stdout if code == 0 else done.stderr


def rows_of(laminar, statement, folder):
    """What the printed table gives, put into a pipeline."""
    script = statement + "CREATE TABLE o WITH (connector = 'single_file', path = 'out.jsonl', type = 'sink');\nINSERT INTO o SELECT * FROM t;\n"
    laminar("run", "--until-caught-up", script=script, cwd=folder).expect(0)
    return [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]


def as_printed(rows):
    """Times as JSON of a sink has them."""
    return [row | {"order time": row["order time"].strftime("%Y-%m-%dT%H:%M:%S.") + f"{row['order time'].microsecond // 1000:03}Z"} for row in rows]


@pytest.mark.parametrize("format", FORMATS)
def test_a_file(laminar, tmp_path, format):
    rows = orders(300)
    (tmp_path / "in.data").write_bytes(encoded(rows, format))
    statement = infer("./in.data", "--table", "t", cwd=tmp_path)
    assert rows_of(laminar, statement, tmp_path) == as_printed(rows)
    assert "CREATE TABLE t (\n    order_id BIGINT,\n    customer TEXT,  -- NULL or missing in 30 of 300 rows\n    amount DOUBLE,\n    paid BOOLEAN,\n" in statement
    assert 'WATERMARK FOR "order time" AS "order time" - INTERVAL' in statement
    assert f"format = '{format}'" in statement


@pytest.mark.parametrize("format", FORMATS)
def test_a_stream(quick_server, new_name, laminar, tmp_path, format):
    client, name = quick_server.client(), new_name("orders")
    create_stream(client, name, 2)
    rows = orders(300)
    put_all(client, name, [encoded(rows[n:n + 20], format) for n in range(0, 300, 20)])
    statement = infer(name, "--table", "t", "--region", "us-east-1", "--endpoint", quick_server.endpoint)
    assert statement.startswith(f"-- 15 records of stream {name}: 300 rows\n")
    assert sorted(rows_of(laminar, statement, tmp_path), key=lambda row: row["order_id"]) == as_printed(rows)


@pytest.mark.parametrize("format", ["json", "csv"])
def test_what_is_compressed(laminar, tmp_path, format):
    rows = orders(50)
    (tmp_path / "in.gz").write_bytes(gzip.compress(encoded(rows, format)))
    statement = infer("./in.gz", "--table", "t", cwd=tmp_path)
    assert "compression = 'gzip'" in statement
    assert rows_of(laminar, statement, tmp_path) == as_printed(rows)


def test_nested_values_missing_fields_and_kinds(laminar, tmp_path):
    rows = [{"id": n, "place": {"lat": n / 2 + 0.25, "tags": ["a", "b"][:n % 3]}, "items": [{"sku": "x", "n": n}], "select": "s"} for n in range(20)]
    rows[3]["odd"] = 1
    rows[4]["odd"] = "one"
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    statement = infer("in.jsonl", cwd=tmp_path)
    assert "CREATE TABLE \"in\" (" in statement
    assert "place STRUCT(lat DOUBLE, tags VARCHAR[])," in statement and "items STRUCT(sku VARCHAR, n BIGINT)[]," in statement
    assert "odd JSON  -- numbers in 1 row, texts in 1; NULL or missing in 18 of 20 rows" in statement
    statement = infer("in.jsonl", "--table", "t", cwd=tmp_path)
    assert rows_of(laminar, statement, tmp_path) == [row | {"odd": row.get("odd")} for row in rows]


def test_aggregated_records_are_taken_apart_and_only_so_many_are_read(quick_server, new_name):
    client, name = quick_server.client(), new_name("aggregated")
    create_stream(client, name, 1)
    hash_key = str(2**127)
    for data in Python.aggregate([(f"k {n}", json.dumps({"n": n}).encode()) for n in range(100)], hash_key):
        client.put_record(StreamName=name, PartitionKey="a", ExplicitHashKey=hash_key, Data=data)
    where = ("--region", "us-east-1", "--endpoint", quick_server.endpoint)
    assert f"-- 100 records of stream {name}: 100 rows" in infer(name, *where)
    assert f"-- 30 records of stream {name}: 30 rows" in infer(name, "--records", 30, *where)


def test_records_of_several_schemas(quick_server, new_name, laminar, tmp_path):
    """All columns, of types that hold both."""
    client = quick_server.client()
    first = pa.table({"n": pa.array([1], pa.int32()), "s": ["a"], "w": [1], "v": ["no JSON"]})
    second = pa.table({"n": pa.array([2**40], pa.int64()), "t": [2.5], "w": ["x"], "v": [[1, 2]]})
    avro = [("int", "long"), ({"name": "s", "type": "string"}, {"name": "t", "type": "double"}), ("long", "string"), ("string", {"type": "array", "items": "long"})]
    schemas = [{"type": "record", "name": "R", "fields": [{"name": "n", "type": avro[0][i]}, avro[1][i], {"name": "w", "type": avro[2][i]},
                                                          {"name": "v", "type": avro[3][i]}]} for i in (0, 1)]
    for format in ("parquet", "avro"):
        records = []
        for table, schema in zip((first, second), schemas):
            out = io.BytesIO()
            pq.write_table(table, out) if format == "parquet" else fastavro.writer(out, schema, table.to_pylist())
            records.append(out.getvalue())
        name = new_name(format)
        create_stream(client, name, 1)
        put_all(client, name, records)
        statement = infer(name, "--table", "t", "--region", "us-east-1", "--endpoint", quick_server.endpoint)
        assert "n BIGINT,  -- INTEGER in some records, BIGINT in others\n" in statement
        rows = [{"n": 1, "s": "a", "w": "1", "v": "no JSON", "t": None}, {"n": 2**40, "s": None, "w": "x", "v": None, "t": 2.5}]
        found = rows_of(laminar, statement, tmp_path)
        assert json.loads(found[1]["v"]) == [1, 2]
        assert [found[0], found[1] | {"v": None}] == rows


def test_new_records_are_waited_for(quick_server, new_name, laminar):
    client, name = quick_server.client(), new_name("later")
    create_stream(client, name, 1)
    put_all(client, name, [b'{"old": 1}'])
    run = laminar("infer", name, "--offset", "latest", "--records", "2", environment={"AWS_REGION": "us-east-1"}, endpoint=quick_server.endpoint)
    run.wait_reading()
    put_all(client, name, [b'{"fresh": 1}', b'{"fresh": 2}'])
    run.expect(0)
    assert "    fresh BIGINT\n" in run.stdout and "old" not in run.stdout


def test_avro_files_that_cannot_be_are_said_while_planning(laminar):
    table = "CREATE TABLE t (n BIGINT) WITH (connector = 'single_file', path = 'x.avro', format = 'avro'{});\n"
    for statement in ("SELECT n FROM t;\n", "INSERT INTO t SELECT 1;\n"):
        said = laminar("check", script=table.format(", 'avro.encoding' = 'raw'") + statement).expect(2).stderr
        assert "of Avro, a file can only be a container" in said and "1:" in said


def test_lines_of_text(laminar, tmp_path):
    (tmp_path / "app.log").write_text("starting\nit runs, and runs\n")
    statement = infer("app.log", "--table", "t", cwd=tmp_path)
    assert statement.startswith("-- file app.log: 2 rows\n") and "format = 'raw_string'" in statement
    assert rows_of(laminar, statement, tmp_path) == [{"line": "starting"}, {"line": "it runs, and runs"}]


def test_a_bad_record_is_named_or_left_out(quick_server, new_name, laminar, tmp_path):
    client, name = quick_server.client(), new_name("broken")
    create_stream(client, name, 1)
    put_all(client, name, [b'{"n": 1}', b'{"n": ', b'{"n": 3}'])
    where = ("--table", "t", "--region", "us-east-1", "--endpoint", quick_server.endpoint)
    said = infer(name, *where, code=1)
    assert f"stream {name}, shard shardId-000000000000, sequence number" in said and "--bad-data drop" in said
    statement = infer(name, *where, "--bad-data", "drop")
    assert "-- 1 row that cannot be read: stream" in statement
    assert rows_of(laminar, statement, tmp_path) == [{"n": 1}, {"n": 3}]
    (tmp_path / "x.jsonl").write_text('{"n": 1}\n{"n": 2}\n{"n"\n')
    assert "file x.jsonl, line 3" in infer("x.jsonl", cwd=tmp_path, code=1)


def test_the_names_of_a_csv_header(laminar, tmp_path):
    """What is printed is found, whatever the header looks like; what cannot be is said."""
    (tmp_path / "in.csv").write_text('id, name ,a,a,,"x ""y"""\n1,bob,2,3,4,5\n9223372036854775808,al,3,4,5,6\n')
    statement = infer("in.csv", "--table", "t", cwd=tmp_path)
    assert '-- 2 fields are left out, as no column can have the name: "a" is there twice; a name is empty\n' in statement
    assert rows_of(laminar, statement, tmp_path) == [{"id": 1, " name ": "bob", "a": 2, 'x "y"': 5}, {"id": 2**63, " name ": "al", "a": 3, 'x "y"': 6}]


def test_a_few_lines_of_another_width(laminar, tmp_path):
    lines = ["id,name", *(f"{n},n{n}" for n in range(100)), "100", "101,a,b"]
    (tmp_path / "in.csv").write_text("\n".join(lines) + "\n")
    statement = infer("in.csv", "--table", "t", cwd=tmp_path)
    assert "-- 2 rows that cannot be read, the first: file in.csv, line 102: the line has 1 fields, and the header 2\n" in statement
    assert "bad_data = 'drop'" in statement and "    bad_data" not in statement
    query = statement + "SELECT * FROM t;\n"
    assert "line 102" in laminar("run", script=query, cwd=tmp_path).expect(1).stderr
    dropping = infer("in.csv", "--table", "t", "--bad-data", "drop", cwd=tmp_path)
    assert rows_of(laminar, dropping, tmp_path) == [{"id": n, "name": f"n{n}"} for n in range(100)]


def test_a_header_that_is_a_guess(tmp_path):
    (tmp_path / "in.csv").write_text("name,city\nbob,rome\nal,oslo\n")
    assert "-- all values are text, and the first line is taken as a header: if it is a row, leave out 'csv.header'" in infer("in.csv", cwd=tmp_path)


def test_names_that_sql_cannot_write(laminar, tmp_path):
    row = {"o": {"": 1, "b": 2}, "p": {"a": 1, "A": 2}, "q": [{"x\0": 1}], "m": {'a"b': 1, "a b": {"": [2]}}, "v": 1}
    (tmp_path / "in.jsonl").write_text(json.dumps(row | {"r\0": 3, "": 4, "V": 5}) + "\n")
    statement = infer("in.jsonl", "--table", "t", cwd=tmp_path)
    assert rows_of(laminar, statement, tmp_path) == [row]
    assert "-- 2 fields are left out: a name is empty, or differs from another one in case only\n" in statement
    assert "-- 1 field is left out, as no column can have the name: a name holds a zero byte\n" in statement


def test_avro_fields_that_differ_in_case_only(laminar, tmp_path):
    inner = {"type": "record", "name": "I", "fields": [{"name": "x", "type": "int"}, {"name": "X", "type": "int"}]}
    schema = {"type": "record", "name": "R", "fields": [{"name": "v", "type": "int"}, {"name": "V", "type": "string"}, {"name": "i", "type": inner}]}
    with (tmp_path / "in.avro").open("wb") as out:
        fastavro.writer(out, schema, [{"v": 1, "V": "a", "i": {"x": 1, "X": 2}}])
    statement = infer("in.avro", "--table", "t", cwd=tmp_path)
    assert '-- 1 field is left out, as no column can have the name: "V" differs from "v" in case only\n' in statement
    assert rows_of(laminar, statement, tmp_path) == [{"v": 1, "i": {"x": 1, "X": 2}}]


def test_parquet_columns_that_differ_in_case_only(laminar, tmp_path):
    """DuckDB tells them apart by a number, and the table's reader does the same."""
    inner = pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], names=["x", "X"])
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array(["a"]), inner], names=["v", "V", "i"]), tmp_path / "in.parquet")
    statement = infer("in.parquet", "--table", "t", cwd=tmp_path)
    assert rows_of(laminar, statement, tmp_path) == [{"v": 1, "V_1": "a", "i": {"x": 1, "X_1": 2}}]


@pytest.mark.parametrize("format", FORMATS)
def test_numbers_that_are_times(laminar, tmp_path, format):
    """The comment says what to write, and it works."""
    rows = [{"created_at_ms": 1767225600000 + n, "n": n} for n in range(20)]
    out = io.BytesIO()
    if format == "avro":
        fastavro.writer(out, {"type": "record", "name": "R", "fields": [{"name": "created_at_ms", "type": "long"}, {"name": "n", "type": "long"}]}, rows)
    elif format == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), out)
    else:
        lines = ["created_at_ms,n", *(f"{row['created_at_ms']},{row['n']}" for row in rows)] if format == "csv" else map(json.dumps, rows)
        out.write("".join(line + "\n" for line in lines).encode())
    (tmp_path / "in.data").write_bytes(out.getvalue())
    statement = infer("in.data", "--table", "t", cwd=tmp_path)
    if format == "json":
        assert "created_at_ms BIGINT,  -- milliseconds since 1970? Declared as TIMESTAMP it is read as a time\n" in statement
        statement = statement.replace("created_at_ms BIGINT", "created_at_ms TIMESTAMP")
    else:
        comment = "  -- milliseconds since 1970? One more column has its time: "
        column = statement.split(comment)[1].split("\n")[0]
        assert column == "event_time TIMESTAMP AS (epoch_ms(created_at_ms))"
        statement = statement.replace(comment + column, f" {column},")
    times = [row["event_time" if format != "json" else "created_at_ms"] for row in rows_of(laminar, statement, tmp_path)]
    assert times == [f"2026-01-01T00:00:00.0{n:02}Z" for n in range(20)]


def test_what_is_printed_says_how_to_run_it(laminar, tmp_path):
    (tmp_path / "in.jsonl").write_text('{"n": 1}\n')
    statement = infer("in.jsonl", "--table", "t", cwd=tmp_path)
    query = statement.splitlines()[-1].removeprefix("-- To run it, add a query: ")
    assert laminar("run", script=statement + query, cwd=tmp_path).expect(0).rows() == [{"n": 1}]


def test_a_signal_ends_the_sample(quick_server, new_name, laminar):
    client, name = quick_server.client(), new_name("stopped")
    create_stream(client, name, 1)
    run = laminar("infer", name, "--offset", "latest", environment={"AWS_REGION": "us-east-1"}, endpoint=quick_server.endpoint)
    run.wait_reading()
    assert run.stop(signal.SIGINT) == 0
    assert "stopping: the table is made of the records that have come" in run.stderr
    assert run.stdout == "" and "stopped before a record was read: there is no table" in run.stderr


def test_what_is_not_there_or_cannot_be_read(quick_server, new_name, tmp_path):
    where = ("--region", "us-east-1", "--endpoint", quick_server.endpoint)
    said = infer("./nothing.json", cwd=tmp_path, code=1)
    assert "No such file" in said and "one without a slash that no file has is a stream" in said
    assert "nothing.json was taken for a stream" in infer("nothing.json", *where, cwd=tmp_path, code=1)
    (tmp_path / "latin1").write_bytes("id,name\n1,Jos\u00e9\n".encode("latin-1"))
    said = infer("./latin1", cwd=tmp_path, code=1)
    assert "not in UTF-8" in said and "iconv" in said
    (tmp_path / "late").write_bytes(b"id,name\n" + b"1,ann\n" * 2000 + "2,Jos\u00e9\n".encode("latin-1"))
    said = infer("./late", "--records", 10000, cwd=tmp_path, code=1)
    assert "line 2002: column name: the value is not valid UTF-8" in said and "iconv" in said
    assert "-- 1 row that cannot be read: file ./late, line 2002" in infer("./late", "--records", 10000, "--bad-data", "drop", cwd=tmp_path)
    (tmp_path / "confluent").write_bytes(b"\0\0\0\0\x07\x02\x06abc")
    said = infer("./confluent", cwd=tmp_path, code=1)
    assert "the number 7" in said and "docs/schema_registry.md" in said
    (tmp_path / "glue").write_bytes(b"\x03\0" + bytes(range(16)) + b"\x02\x06abc")
    assert "AWS Glue Schema Registry" in infer("./glue", cwd=tmp_path, code=1)
    assert "no-such-stream" in infer("no-such-stream", *where, code=1)
    empty = new_name("empty")
    create_stream(quick_server.client(), empty, 1)
    assert f"the stream {empty} has no records" in infer(empty, *where, code=1)
    (tmp_path / "empty").write_bytes(b"")
    assert "is empty" in infer("./empty", cwd=tmp_path, code=1)
    (tmp_path / "binary").write_bytes(bytes(reversed(range(256))))
    assert "file ./binary: its bytes begin neither as JSON" in infer("./binary", cwd=tmp_path, code=1)
    (tmp_path / "cut").write_bytes(encoded(orders(10), "parquet")[:100])
    assert "read as parquet" in infer("./cut", cwd=tmp_path, code=1)
    infer("./cut", "--format", "xml", cwd=tmp_path, code=2)
