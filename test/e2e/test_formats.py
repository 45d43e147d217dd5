"""Formats beside JSON, both ways, with programs that we did not write on the other end: pyarrow, Python's gzip and csv."""

import csv
import datetime
import decimal
import gzip
import io
import itertools
import json
import uuid

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.avro_records import SINGLE_OBJECT, container, fingerprint, single_object
from harness.laminar import ROOT
from harness.sql import file_table, sink, source
from harness.streams import create_stream, put_all, read_all

UTC = datetime.timezone.utc
UUID = uuid.UUID("6f1f0e1e-6c6d-4a8a-9b3b-0d6f7a8b9c0d")
SENSOR = "device_id TEXT, location JSON, temperature DOUBLE, humidity DOUBLE, pressure DOUBLE, timestamp TIMESTAMP"
ALERT = "device_id TEXT, alert_type TEXT, severity TEXT, details JSON, detected_at TIMESTAMP"
IOT = """SELECT device_id, 'temperature_anomaly' AS alert_type,
    CASE WHEN temperature > 40 THEN 'critical' WHEN temperature > 35 THEN 'warning' ELSE 'info' END AS severity,
    JSON_OBJECT('temperature', temperature, 'location', location, 'threshold', 35) AS details, timestamp AS detected_at
FROM sensor_data WHERE temperature > 30"""
# Raw records are taken apart, and put together, by SQL.
READINGS_OF_TEXT = """CREATE VIEW sensor_data AS SELECT line->>'device_id' AS device_id, line->'location' AS location, (line->>'temperature')::DOUBLE AS temperature,
    (line->>'timestamp')::TIMESTAMP AS timestamp FROM sensor_text;
"""
ALERTS_AS_TEXT = """INSERT INTO alerts SELECT JSON_OBJECT('device_id', device_id, 'alert_type', alert_type, 'severity', severity, 'details', details,
    'detected_at', strftime(detected_at, '%Y-%m-%dT%H:%M:%S.%fZ'))::TEXT AS line FROM (
"""
READING_AVRO = {"type": "record", "name": "Reading", "fields": [
    {"name": "device_id", "type": "string"}, {"name": "location", "type": ["null", "string"]}, *({"name": name, "type": ["null", "double"]} for name in
    ("temperature", "humidity", "pressure")), {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}  # fmt: skip
ALERT_AVRO = {"type": "record", "name": "Alert", "fields": [
    *({"name": name, "type": ["null", "string"]} for name in ("device_id", "alert_type", "severity", "details")),
    {"name": "detected_at", "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}]}]}  # fmt: skip


def parquet(table, **options):
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


# Every type that pyarrow can write and a table can have: SQL type, Arrow type, values, and what JSON says of them.
TYPES = [
    ("BOOLEAN", pa.bool_(), [True, False], [True, False]),
    ("TINYINT", pa.int8(), [-128, 127], [-128, 127]),
    ("BIGINT", pa.int64(), [-(2**63), 2**63 - 1], [-(2**63), 2**63 - 1]),
    ("UBIGINT", pa.uint64(), [0, 2**64 - 1], [0, 2**64 - 1]),
    ("DOUBLE", pa.float64(), [0.1, -1.7976931348623157e308], [0.1, -1.7976931348623157e308]),
    ("FLOAT", pa.float32(), [0.5, -2.0], [0.5, -2.0]),
    ("DECIMAL(38,10)", pa.decimal128(38, 10), [decimal.Decimal("-9999999999999999999999999999.9999999999"), decimal.Decimal("0.5")],
     [decimal.Decimal("-9999999999999999999999999999.9999999999"), decimal.Decimal("0.5")]),
    ("TEXT", pa.string(), ["é 😀 \"quoted\"", ""], ["é 😀 \"quoted\"", ""]),
    ("BLOB", pa.binary(), [b"\x00\xff", b""], ["AP8=", ""]),
    ("DATE", pa.date32(), [datetime.date(1969, 12, 31), datetime.date(9999, 12, 31)], ["1969-12-31", "9999-12-31"]),
    ("TIME", pa.time64("us"), [datetime.time(23, 59, 59, 999999), datetime.time(0, 0)], ["23:59:59.999999", "00:00:00"]),
    ("TIMESTAMP", pa.timestamp("us"), [datetime.datetime(1969, 12, 31, 23, 59, 59, 999999), datetime.datetime(2026, 1, 1)],
     ["1969-12-31T23:59:59.999999Z", "2026-01-01T00:00:00.000Z"]),
    ("TIMESTAMP", pa.timestamp("ms"), [datetime.datetime(2026, 1, 1, 0, 0, 0, 1000), datetime.datetime(2026, 1, 1)],
     ["2026-01-01T00:00:00.001Z", "2026-01-01T00:00:00.000Z"]),
    ("TIMESTAMPTZ", pa.timestamp("us", tz="UTC"), [datetime.datetime(2026, 1, 1, tzinfo=UTC), datetime.datetime(2026, 1, 2, tzinfo=UTC)],
     ["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"]),
    ("BIGINT[]", pa.list_(pa.int64()), [[1, None, 3], []], [[1, None, 3], []]),
    ("STRUCT(a BIGINT, b TEXT[])", pa.struct([("a", pa.int64()), ("b", pa.list_(pa.string()))]), [{"a": 1, "b": ["x"]}, {"a": None, "b": None}],
     [{"a": 1, "b": ["x"]}, {"a": None, "b": None}]),
    ("MAP(TEXT, DOUBLE)", pa.map_(pa.string(), pa.float64()), [[("k", 1.5)], []], [{"k": 1.5}, {}]),
    ("ENUM('red', 'green')", pa.dictionary(pa.int8(), pa.string()), ["red", "green"], ["red", "green"]),
]  # fmt: skip


def columns_of_types():
    return ", ".join(f"c{i} {sql}" for i, (sql, *_) in enumerate(TYPES))


def arrow_of_types():
    return pa.table({f"c{i}": pa.array([*values, None], type) for i, (_, type, values, _) in enumerate(TYPES)})


@pytest.mark.parametrize("options", [{}, {"compression": "zstd", "data_page_version": "2.0"}, {"compression": "gzip", "use_dictionary": False},
                                     {"compression": "brotli", "row_group_size": 1}], ids=str)
def test_parquet_of_pyarrow_is_read(laminar, tmp_path, options):
    (tmp_path / "in.parquet").write_bytes(parquet(arrow_of_types(), **options))
    script = file_table("t", columns_of_types(), tmp_path / "in.parquet", "parquet") + "SELECT * FROM t;"
    run = laminar("run", script=script).expect(0)
    rows = [json.loads(line, parse_float=decimal.Decimal) for line in run.stdout_lines]
    expected = [[json_values[n] for *_, json_values in TYPES] for n in range(2)] + [[None] * len(TYPES)]
    found = [[row[f"c{i}"] for i in range(len(TYPES))] for row in rows]
    exact = json.loads(json.dumps(expected, default=str), parse_float=decimal.Decimal)
    for found_row, expected_row in zip(found, exact, strict=True):
        for (sql, *_), a, b in zip(TYPES, found_row, expected_row):
            assert a == b or (sql.startswith("DECIMAL") and a == decimal.Decimal(b)), sql


def test_our_parquet_is_read_by_pyarrow(laminar, tmp_path):
    (tmp_path / "in.parquet").write_bytes(parquet(arrow_of_types()))
    for codec in ("snappy", "zstd", "uncompressed"):
        out = tmp_path / f"out-{codec}.parquet"
        script = (file_table("t", columns_of_types(), tmp_path / "in.parquet", "parquet")
                  + file_table("o", columns_of_types(), out, "parquet", **{"parquet.compression": codec}) + "INSERT INTO o SELECT * FROM t;")
        laminar("run", script=script).expect(0)
        written, read = pq.read_table(out), arrow_of_types()
        assert written.num_rows == read.num_rows
        for (sql, *_), a, b in zip(TYPES, written.columns, read.columns):
            assert a.to_pylist() == b.to_pylist(), sql


def test_other_types_are_written_as_pyarrow_expects(laminar, tmp_path):
    columns = "i INTERVAL, u UUID, j JSON, n TIMESTAMP_NS, a INTEGER[2], s STRUCT(x INTEGER[2][])"
    out = tmp_path / "out.parquet"
    script = (f"CREATE TABLE o ({columns}) WITH (connector = 'single_file', path = '{out}', format = 'parquet');\n"
              "INSERT INTO o VALUES (INTERVAL '1 month 2 days', '6f1f0e1e-6c6d-4a8a-9b3b-0d6f7a8b9c0d', '{\"a\": 1}', '2026-01-01 00:00:00.000000001', [1, 2], {x: [[3, 4], NULL]}),\n"
              "(NULL, NULL, NULL, NULL, NULL, NULL), (NULL, NULL, NULL, NULL, [5, NULL], {x: NULL});")
    laminar("run", script=script).expect(0)
    table = pq.read_table(out)
    assert table["n"][0].value % 1_000_000_000 == 1
    row = table.select(["u", "j"]).to_pylist()[0]
    assert row["u"] in (UUID, UUID.bytes)  # older versions of pyarrow give bytes
    assert json.loads(row["j"]) == {"a": 1}
    assert table["a"].to_pylist() == [[1, 2], None, [5, None]]
    assert table["s"].to_pylist() == [{"x": [[3, 4], None]}, None, {"x": None}]


def many_readings():
    """Readings of the page, some on the boundaries of its CASE, some without what may be missing, strings that formats have to protect."""
    edges = [30, 30.5, 35, 35.25, 40, 40.125, -40]
    return [{"device_id": f'dev-{n}, "quoted"\nand 日本', "location": None if n % 7 == 0 else {"lat": n, "text": "a,\"b\""},
             "temperature": edges[n % len(edges)] if n % 3 else n % 50 + 0.5, "humidity": n / 7, "pressure": None,
             "timestamp": f"2026-01-01T{n % 24:02d}:00:00.{n % 1000:03d}Z"} for n in range(700)]  # fmt: skip


NAMES = ["device_id", "location", "temperature", "humidity", "pressure", "timestamp"]


def cell(row, name):
    value = row.get(name)
    return json.dumps(value) if name == "location" and value is not None else value


def moment(row):
    return datetime.datetime.fromisoformat(row["timestamp"].replace("Z", "+00:00")).astimezone(UTC)


def as_records(rows, format):
    """The rows as records of a source of that format, several in a record where it has room for them, and the table's options."""
    if format in ("json", "raw"):
        return [json.dumps(row).encode() for row in rows], {"format": "json" if format == "json" else "raw_string"}
    if format in ("avro", "container"):
        of_avro = [{**row, "location": cell(row, "location"), "timestamp": moment(row)} for row in rows]
        options = {"format": "avro", "avro.schema": json.dumps(READING_AVRO)}
        if format == "avro":
            return [single_object(READING_AVRO, row) for row in of_avro], options
        return [container(READING_AVRO, of_avro[i : i + 60], codec) for i, codec in zip(range(0, len(rows), 60), itertools.cycle(["null", "deflate", "snappy"]))], options
    if format in ("gzip", "zstd"):
        compress = gzip.compress if format == "gzip" else lambda data: pa.compress(data, codec="zstd", asbytes=True)
        return [compress("\n".join(map(json.dumps, rows[i : i + 50])).encode()) for i in range(0, len(rows), 50)], {"format": "json", "compression": format}
    if format == "csv":
        records = []
        for i in range(0, len(rows), 40):
            text = io.StringIO()
            writer = csv.writer(text)
            writer.writerow(NAMES)
            writer.writerows([["" if cell(row, name) is None else cell(row, name) for name in NAMES] for row in rows[i : i + 40]])
            records.append(text.getvalue().encode())
        return records, {"format": "csv", "csv.header": "first_line"}
    records = []
    for i in range(0, len(rows), 100):
        part = rows[i : i + 100]
        records.append(parquet(pa.table({
            name: pa.array([moment(row).replace(tzinfo=None) if name == "timestamp" else float(cell(row, name)) if name in NAMES[2:5] and cell(row, name) is not None else cell(row, name)
                            for row in part], pa.timestamp("us") if name == "timestamp" else pa.float64() if name in NAMES[2:5] else pa.string())
            for name in NAMES})))
    return records, {"format": "parquet"}


def from_records(records, format):
    """Records of a sink as rows of JSON."""
    for record in records:
        if format in ("json", "raw", "gzip", "zstd"):
            if format == "gzip":
                record = gzip.decompress(record)
            if format == "zstd":
                record = pa.CompressedInputStream(pa.BufferReader(record), "zstd").read()
            yield json.loads(record)
        elif format == "csv":
            (row,) = csv.DictReader(io.StringIO(record.decode()))
            yield {**row, "details": json.loads(row["details"]), "detected_at": row["detected_at"].replace(" ", "T") + "Z"}
        else:
            if format == "parquet":
                rows = pq.read_table(pa.BufferReader(record)).to_pylist()
            elif format == "avro":
                assert record[:10] == SINGLE_OBJECT + fingerprint(ALERT_AVRO)
                rows = [fastavro.schemaless_reader(io.BytesIO(record[10:]), ALERT_AVRO)]
            else:
                rows = fastavro.reader(io.BytesIO(record))
            for row in rows:
                yield {**row, "details": json.loads(row["details"]), "detected_at": row["detected_at"].replace(tzinfo=None).isoformat() + "Z"}


FORMATS = ["json", "avro", "parquet", "raw"]
OTHERS = [("csv", "csv"), ("csv", "container"), ("container", "gzip"), ("gzip", "zstd"), ("zstd", "container"), ("container", "csv")]
SINK_OPTIONS = {"json": {}, "raw": {"format": "raw_string"}, "gzip": {"compression": "gzip"}, "zstd": {"compression": "zstd"},
                "csv": {"format": "csv", "csv.header": "first_line"}, "parquet": {"format": "parquet"},
                "avro": {"format": "avro", "avro.schema": json.dumps(ALERT_AVRO)},
                "container": {"format": "avro", "avro.encoding": "container", "avro.codec": "deflate"}}  # fmt: skip


@pytest.mark.parametrize("read,written", [*itertools.product(FORMATS, FORMATS), *OTHERS])
def test_the_pages_iot_pipeline_in_every_format(quick_server, new_name, laminar, read, written):
    client = quick_server.client()
    readings, alerts = new_name("readings"), new_name("alerts")
    create_stream(client, readings, 2)
    create_stream(client, alerts, 1)
    rows = many_readings()
    records, options = as_records(rows, read)
    put_all(client, readings, records)
    script = source("sensor_text", "line TEXT", readings, **options) + READINGS_OF_TEXT if read == "raw" else source("sensor_data", SENSOR, readings, **options)
    script += sink("alerts", "line TEXT" if written == "raw" else ALERT, alerts, **SINK_OPTIONS[written])
    script += f"{ALERTS_AS_TEXT}{IOT}) AS a;" if written == "raw" else f"INSERT INTO alerts {IOT};"
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    found = list(from_records([r.data for r in read_all(client, alerts)], written))
    hot = [row for row in rows if row["temperature"] > 30]

    def key(row):
        details = row["details"]
        return row["device_id"], row["severity"], float(details["temperature"]), json.dumps(details["location"], sort_keys=True), row["detected_at"][:19]

    def expected(row):
        severity = "critical" if row["temperature"] > 40 else "warning" if row["temperature"] > 35 else "info"
        return row["device_id"], severity, float(row["temperature"]), json.dumps(row.get("location"), sort_keys=True), moment(row).isoformat()[:19]

    assert sorted(map(key, found), key=str) == sorted(map(expected, hot), key=str)


def test_metrics_count_the_rows_of_parquet_records(quick_server, new_name, laminar, tmp_path):
    client = quick_server.client()
    out = new_name("packed")
    create_stream(client, out, 1)
    (tmp_path / "in.jsonl").write_text("".join(f'{{"n": {n}}}\n' for n in range(5000)))
    script = file_table("t", "n BIGINT", tmp_path / "in.jsonl", "json") + sink("o", "n BIGINT", out, format="parquet") + "INSERT INTO o SELECT n FROM t;"
    run = laminar("run", "--log-format", "json", script=script, endpoint=quick_server.endpoint).expect(0)
    assert run.total()["rows_out"] == 5000, run.describe()
    records = read_all(client, out)
    assert len(records) < 50
    assert sorted(n for r in records for n in pq.read_table(pa.BufferReader(r.data))["n"].to_pylist()) == list(range(5000))


def test_raw_bytes_and_lines(quick_server, new_name, laminar):
    client = quick_server.client()
    lines, copies = new_name("lines"), new_name("copies")
    create_stream(client, lines, 1)
    create_stream(client, copies, 1)
    records = [b"\xff\x00\n raw", "text é".encode(), b"{}"]
    put_all(client, lines, records)
    script = source("t", "b BLOB", lines, format="raw_bytes") + sink("o", "b BLOB", copies, format="raw") + "INSERT INTO o SELECT b FROM t;"
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    assert sorted(r.data for r in read_all(client, copies)) == sorted(records)

    text = source("t", "line TEXT", lines, format="raw_string", bad_data="drop")
    out = "CREATE TABLE o (line TEXT) WITH (connector = 'stdout', format = 'raw_string');\nINSERT INTO o SELECT line FROM t;"
    run = laminar("run", "--until-caught-up", script=text + out, endpoint=quick_server.endpoint).expect(0)
    assert sorted(run.stdout_lines) == sorted(["text é", "{}"])
    failed = laminar("run", "--until-caught-up", script=text.replace("drop", "fail") + out, endpoint=quick_server.endpoint).expect(1)
    assert "the record is not valid UTF-8" in failed.stderr and "sequence number" in failed.stderr


def test_files_of_lines_csv_and_gzip(laminar, tmp_path):
    rows = [[n, f'text "{n}",\nline two', n / 4] for n in range(5000)]
    with open(tmp_path / "in.csv", "w", newline="") as file:
        csv.writer(file).writerows([["n", "t", "d"], *rows])
    columns = "n BIGINT NOT NULL, t TEXT, d DOUBLE"
    header = {"csv.header": "first_line"}
    out = tmp_path / "out.csv.gz"
    laminar("run", script=file_table("t", columns, tmp_path / "in.csv", "csv", **header)
            + file_table("o", columns, out, "csv", compression="gzip", **header) + "INSERT INTO o SELECT * FROM t;").expect(0)
    written = list(csv.reader(io.StringIO(gzip.decompress(out.read_bytes()).decode(), newline="")))
    assert written[0] == ["n", "t", "d"]
    assert [[int(n), t, float(d)] for n, t, d in written[1:]] == rows
    again = laminar("run", script=file_table("t", columns, out, "csv", compression="auto", **header) + "SELECT * FROM t;").expect(0)
    assert [[row["n"], row["t"], row["d"]] for row in again.rows()] == rows
    (tmp_path / "lines").write_text("one\n\nthree\r\nfour")
    lines = laminar("run", script=file_table("t", "line TEXT", tmp_path / "lines", "raw_string") + "SELECT line FROM t;").expect(0)
    assert [row["line"] for row in lines.rows()] == ["one", "", "three\r", "four"]


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_a_csv_file_that_is_added_to_has_one_header(laminar, tmp_path, compression):
    options = {"append": "true", "csv.header": "first_line", "compression": compression}
    for n in (1, 2):
        laminar("run", script=file_table("o", "n BIGINT, t TEXT", tmp_path / "o", "csv", **options) + f"INSERT INTO o VALUES ({n}, 'x');").expect(0)
    written = (tmp_path / "o").read_bytes()
    assert (gzip.decompress(written) if compression == "gzip" else written) == b"n,t\n1,x\n2,x\n"


# Values of every type of docs/formats.md, as text that casts to it: the extremes, and what a format might take for something else.
EXTREMES = {
    "BOOLEAN": ["true", "false"],
    "TINYINT": ["-128", "127"],
    "SMALLINT": ["-32768", "32767"],
    "INTEGER": ["-2147483648", "2147483647"],
    "BIGINT": ["-9223372036854775808", "9223372036854775807"],
    "UTINYINT": ["0", "255"],
    "USMALLINT": ["0", "65535"],
    "UINTEGER": ["0", "4294967295"],
    "UBIGINT": ["0", "18446744073709551615"],
    "HUGEINT": ["-99999999999999999999999999999999999999", "99999999999999999999999999999999999999"],
    "UHUGEINT": ["0", "340282366920938463463374607431768211455"],
    "FLOAT": ["-3.4028235e38", "1e-45", "nan", "-inf"],
    "DOUBLE": ["-1.7976931348623157e308", "5e-324", "nan", "inf"],
    "DECIMAL": ["-9999999999999999999999999999.9999999999", "0.0000000001"],
    "TEXT": ["", "null", "é 😀 \"quoted\", and,\nmore"],
    "JSON": ['{"a":[1,null]}', '"text"', "null"],
    "BLOB": ["", "\\x00\\xFF\\x0A"],
    "UUID": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "ENUM": ["red", "green"],
    "DATE": ["0001-01-01", "9999-12-31"],
    "TIME": ["00:00:00", "23:59:59.999999"],
    "TIMESTAMP": ["0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"],
    "TIMESTAMPTZ": ["0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00"],
    "TIMESTAMP_S": ["0001-01-01 00:00:00", "9999-12-31 23:59:59"],
    "TIMESTAMP_MS": ["0001-01-01 00:00:00.001", "9999-12-31 23:59:59.999"],
    "TIMESTAMP_NS": ["1677-09-22 00:00:00.000000001", "2262-04-11 23:47:16.854775806"],
    "INTERVAL": ["0 seconds", "1 year 2 months 3 days 04:05:06.007"],
    "BIT": ["0", "10101"],
    "TIMETZ": ["00:00:00+00", "23:59:59.999999+15:59:59"],
    "lists": ["[]", "[[a, b], [], NULL]"],
    "arrays": ["[1, 2, NULL]"],
    "STRUCT": ["{'a': 1, 'b': [x]}", "{'a': NULL, 'b': NULL}"],
    "MAP": ["{}", "{1=2026-01-01, 2=NULL}"],
}
IN_SQL = {"DECIMAL": "DECIMAL(38,10)", "ENUM": "ENUM('red', 'green')", "lists": "VARCHAR[][]", "arrays": "INTEGER[3]", "STRUCT": "STRUCT(a INTEGER, b VARCHAR[])",
          "MAP": "MAP(INTEGER, DATE)"}  # fmt: skip


def types_of_docs():
    """Of the table in docs/formats.md: format -> type -> cell."""
    section = (ROOT / "docs/formats.md").read_text().split("## Types")[1].split("\n## ")[0]
    head, _, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")]
    return {format: {type: line[column] for line in lines for type in line[0].split(", ")} for column, format in enumerate(head) if column > 0}


@pytest.mark.parametrize("format", ["json", "avro", "parquet", "csv"])
def test_every_type_in_every_format(quick_server, new_name, laminar, format):
    options = {"avro.encoding": "container"} if format == "avro" else {}
    cells = types_of_docs()[format]
    assert set(cells) == set(EXTREMES)
    stream = new_name("types")
    create_stream(quick_server.client(), stream, 1)
    rows = [[values[min(row, len(values) - 1)] for values in EXTREMES.values()] for row in range(4)] + [[None] * len(EXTREMES)]
    kept = [type for type, cell in cells.items() if cell.startswith("yes")]
    for type in set(EXTREMES) - set(kept):
        assert cells[type] == "no"
        refused = laminar("check", script=sink("w", f"c {IN_SQL.get(type, type)}", stream, format=format) + f"INSERT INTO w SELECT NULL::{IN_SQL.get(type, type)} AS c;")
        assert refused.wait() == 2 and "column c" in refused.stderr, refused.describe()

    columns = "i INTEGER, " + ", ".join(f"c{n} {IN_SQL.get(type, type)}" for n, type in enumerate(kept))
    texts = ", ".join(f"c{n}::TEXT AS c{n}" for n in range(len(kept)))

    def value(row, type):
        text = rows[row][list(EXTREMES).index(type)]
        return "NULL" if text is None else "CAST('" + text.replace("'", "''") + f"' AS {IN_SQL.get(type, type)})"

    def printed(text):
        return sorted((row for row in laminar("run", "--until-caught-up", script=text, endpoint=quick_server.endpoint).expect(0).rows()), key=lambda row: row["i"])

    values = ", ".join(f"({row}, " + ", ".join(value(row, type) for type in kept) + ")" for row in range(len(rows)))
    named = "i, " + ", ".join(f"c{n}" for n in range(len(kept)))
    expected = printed(f"SELECT i, {texts} FROM (VALUES {values}) AS v({named});")
    write = sink("w", columns, stream, format=format, **options) + f"INSERT INTO w VALUES {values};"
    laminar("run", script=write, endpoint=quick_server.endpoint).expect(0)
    found = printed(source("r", columns, stream, format=format) + f"SELECT i, {texts} FROM r;")
    for expected_row, found_row in zip(expected, found, strict=True):
        for n, type in enumerate(kept):
            text = expected_row[f"c{n}"]
            if format == "json" and (type, text) in [("FLOAT", "nan"), ("FLOAT", "-inf"), ("DOUBLE", "nan"), ("DOUBLE", "inf"), ("JSON", "null")]:
                text = None
            assert found_row[f"c{n}"] == text, f"{type} in {format}"


@pytest.mark.parametrize("script,words", [
    (source("t", "a TEXT, b TEXT", "s", format="raw_string") + "SELECT * FROM t;", "format 'raw_string' puts the whole record into one column of type TEXT"),
    (source("t", "a TEXT", "s", format="raw_bytes") + "SELECT * FROM t;", "format 'raw_bytes' puts the whole record into one column of type BLOB"),
    (source("t", "a TEXT", "s", format="csv", **{"csv.delimiter": "ab"}) + "SELECT * FROM t;", "csv.delimiter is 'ab', and has to be one character"),
    (sink("t", "a HUGEINT", "s", format="parquet") + "INSERT INTO t VALUES (1);", "column a HUGEINT cannot be written as Parquet"),
    (sink("t", "a BIGINT", "s", format="parquet", sink_partition_key="a") + "INSERT INTO t VALUES (1);", "this format puts many rows into a record"),
    ("CREATE TABLE t WITH (connector = 'stdout', format = 'json', compression = 'auto'); INSERT INTO t SELECT 1 AS a;", "compression = 'auto' is only for reading"),
    ("CREATE TABLE t WITH (connector = 'stdout', format = 'raw_string'); INSERT INTO t SELECT 1 AS a, 'x' AS b;", "but the table has 2 columns"),
    ("CREATE TABLE t WITH (connector = 'single_file', path = 'f', format = 'parquet'); INSERT INTO t SELECT 1::HUGEINT AS a;", "column a HUGEINT cannot be written as Parquet"),
    ("CREATE TABLE t WITH (connector = 'kinesis', stream_name = 's', format = 'avro', 'avro.encoding' = 'contaner'); SELECT * FROM t;", "is not one of its values"),
    (sink("t", "a BIGINT", "s", format="avro", **{"avro.codec": "snappy"}) + "INSERT INTO t VALUES (1);", "avro.codec compresses the blocks of containers"),
    (sink("t", "a BIGINT", "s", compression="auto") + "INSERT INTO t VALUES (1);", "compression = 'auto' is only for reading"),
    (file_table("t", "a BIGINT", "f", "parquet", append="true") + "INSERT INTO t VALUES (1);", "rows cannot be added to a file of format 'parquet'"),
    (file_table("t", "a BLOB", "f", "raw") + "SELECT * FROM t;", "connector 'single_file' has no format 'raw'"),
    (file_table("t", "a TEXT", "f", "raw_string", compression="gzip") + "SELECT * FROM t;", "cannot be read while it is compressed"),
    (file_table("t", "a TEXT", "f", "json", **{"json.confluent_schema_registry": "true"}) + "SELECT * FROM t;", "records that begin with the id of a schema cannot stand in a file"),
], ids=lambda value: value[:40] if not value.startswith("CREATE") else "")  # fmt: skip
def test_what_cannot_be_is_said_while_planning(laminar, script, words):
    run = laminar("check", script=script)
    assert run.wait() == 2, run.describe()
    assert words in run.stderr and ".sql:" in run.stderr, run.describe()


def test_a_parquet_file_is_no_part_of_a_checkpoint(laminar, tmp_path):
    (tmp_path / "in.jsonl").write_text('{"n": 1}\n')
    script = file_table("t", "n BIGINT", tmp_path / "in.jsonl", "json") + file_table("o", "n BIGINT", tmp_path / "o", "parquet") + "INSERT INTO o SELECT n FROM t;"
    run = laminar("run", "--state-dir", tmp_path / "state", script=script)
    assert run.wait() != 0 and "cannot be gone on with from a checkpoint" in run.stderr, run.describe()
    assert run.stderr.count("table o: ") == 1, run.stderr


def test_an_option_of_another_format_is_said_to_be_that(laminar):
    """With and without a column list."""
    options = {"csv.delimiter": ";", "compression": "gzip"}
    for columns in ("(n BIGINT) ", ""):
        script = file_table("t", "n BIGINT", "f", "json", **options).replace("(n BIGINT) ", columns) + "SELECT * FROM t;"
        run = laminar("check", script=script).expect(2)
        assert "'csv.delimiter' is an option of format 'csv', and the table has format 'json'" in run.stderr and "takes:" not in run.stderr, run.stderr
        assert "change the table's format" in run.stderr and "'compression'" not in run.stderr.split("hint")[0].split("\n")[0], run.stderr
    run = laminar("check", script=file_table("t", "n BIGINT", "f", "parquet", **options) + "SELECT * FROM t;").expect(2)
    assert "'compression' is an option of format 'csv', format 'json', format 'raw' and format 'raw_string'" in run.stderr, run.stderr


@pytest.mark.parametrize("format", ["json", "csv"])
def test_compressed_data_without_the_option_is_recognised(laminar, tmp_path, format):
    (tmp_path / "in.gz").write_bytes(gzip.compress(b'{"n": 1}\n' if format == "json" else b"1\n"))
    run = laminar("run", script=file_table("t", "n BIGINT", tmp_path / "in.gz", format) + "SELECT * FROM t;").expect(1)
    assert "its record begins as gzip does: the option compression = 'gzip' reads that" in run.stderr, run.stderr


def test_parquet_that_cannot_be_read_right_is_bad_data(laminar, tmp_path):
    """Elements of lists cost their own row only; decimals that DuckDB has no type for are refused where they are used."""
    path = tmp_path / "in.parquet"
    columns = {"i": list(range(6)), "a": [["1"], ["2", "3"], ["x"], [], None, ["6"]], "m": [[("k", str(n))] for n in (1, 300, 2, 3, 4, 5)]}
    path.write_bytes(parquet(pa.table(columns, pa.schema([("i", pa.int64()), ("a", pa.list_(pa.string())), ("m", pa.map_(pa.string(), pa.string()))]))))
    read = file_table("t", "i BIGINT, a BIGINT[], m MAP(TEXT, TINYINT)", path, "parquet", bad_data="drop")
    assert [row["i"] for row in laminar("run", script=read + "SELECT i, a FROM t;").expect(0).rows()] == [0, 1, 3, 4, 5]
    assert [row["i"] for row in laminar("run", script=read + "SELECT i, m FROM t;").expect(0).rows()] == [0, 2, 3, 4, 5]
    named = laminar("run", script=read.replace("drop", "fail") + "SELECT i, a FROM t;").expect(1)
    assert "row 3 of the file: Could not convert string 'x'" in named.stderr, named.describe()

    wide = [decimal.Decimal("1.00"), decimal.Decimal("2.50")]
    path.write_bytes(parquet(pa.table({"d": pa.array(wide, pa.decimal256(50, 2)), "x": pa.array([0.5, 1.5])})))
    table = file_table("t", "d DECIMAL(20, 2), x DOUBLE", path, "parquet")
    refused = laminar("run", script=table + "SELECT d, x FROM t;").expect(1)
    assert "its column d is a DECIMAL of more than 38 digits" in refused.stderr, refused.describe()
    assert [row["x"] for row in laminar("run", script=table + "SELECT x FROM t;").expect(0).rows()] == [0.5, 1.5]


def test_parquet_of_few_values_and_many_rows(laminar, tmp_path):
    """Dictionaries are cast value by value; a value that no row has harms none, one that is bad costs the rows that have it."""
    path, count = tmp_path / "in.parquet", 5000
    texts = ['{"a": 1}', "[1, 2]", '"x"', "no JSON, and in no row", "[", "null"]
    index = [n % 3 if n % 7 else 4 for n in range(count)]
    columns = "n BIGINT, j JSON, d DATE, e ENUM('red', 'green')"

    def write(index):
        place = pa.array([None if i == 4 else i for i in index], pa.int32())
        days = [None if n % 5 == 0 else f"2026-01-{n % 28 + 1:02d}" for n in range(count)]
        table = {"n": pa.array(range(count)), "j": pa.DictionaryArray.from_arrays(place, pa.array(texts)), "d": pa.array(days), "e": pa.array([["red", "green"][n % 2] for n in range(count)])}
        path.write_bytes(parquet(pa.table(table)))
        return days

    days = write(index)
    select = "SELECT n, j::TEXT AS j, d, e FROM t"
    everything = [{"n": n, "j": None if index[n] == 4 else texts[index[n]], "d": days[n], "e": ["red", "green"][n % 2]} for n in range(count)]
    assert laminar("run", script=file_table("t", columns, path, "parquet") + select + ";").expect(0).rows() == everything
    # A slice of a batch, and an operator behind it.
    some = laminar("run", script=file_table("t", columns, path, "parquet") + select + " WHERE e = 'green' AND d > '2026-01-03' AND j IS NOT NULL;").expect(0).rows()
    assert some == [row for row in everything if row["e"] == "green" and row["d"] and row["d"] > "2026-01-03" and row["j"]]
    bad = [n for n in range(count) if n % 1000 == 999]
    write([3 if n in bad else i for n, i in enumerate(index)])
    found = laminar("run", script=file_table("t", columns, path, "parquet", bad_data="drop") + select + ";").expect(0).rows()
    assert found == [row for row in everything if row["n"] not in bad]
    named = laminar("run", script=file_table("t", columns, path, "parquet") + select + ";").expect(1)
    assert "row 1000 of the file: Malformed JSON" in named.stderr and "column j" in named.stderr, named.describe()


def test_csv_lines_are_counted_by_their_fields_whatever_is_used(laminar, tmp_path):
    (tmp_path / "in.csv").write_text("1,x\n2,y,3\n4\n")
    read = file_table("t", "a BIGINT, b TEXT", tmp_path / "in.csv", "csv", bad_data="drop")
    assert len(laminar("run", script=read + "SELECT 1 AS one FROM t;").expect(0).rows()) == 1


def test_a_bad_parquet_record_is_dropped_or_named(quick_server, new_name, laminar):
    client = quick_server.client()
    stream = new_name("torn")
    create_stream(client, stream, 1)
    good = parquet(pa.table({"n": list(range(10))}))
    put_all(client, stream, [good, good[:-30], b"no parquet", good])
    read = source("t", "n BIGINT", stream, format="parquet", bad_data="drop") + "SELECT n FROM t;"
    run = laminar("run", "--until-caught-up", script=read, endpoint=quick_server.endpoint).expect(0)
    assert sorted(row["n"] for row in run.rows()) == sorted(2 * list(range(10)))
    failed = laminar("run", "--until-caught-up", script=read.replace("drop", "fail"), endpoint=quick_server.endpoint).expect(1)
    assert "it cannot be read as a Parquet file" in failed.stderr and "sequence number" in failed.stderr


def test_the_first_and_the_last_time_are_written_everywhere(laminar, tmp_path):
    """DuckDB has no text for some of them: a pipeline must not end there."""
    (tmp_path / "n.jsonl").write_text("".join('{"n": %d}\n' % n for n in (-(2**63), -(2**63) + 2, -9223372022400000001, 0, 2**63 - 2)))
    table = "CREATE TABLE t (n BIGINT) WITH (connector = 'single_file', path = 'n.jsonl', format = 'json');\n"
    times = "make_timestamp(n) AS us, make_timestamp_ns(n) AS ns, [make_timestamp(n)] AS l"
    for format in ("json", "csv", "parquet", "avro"):
        columns = times if format != "csv" else times.replace(", [make_timestamp(n)] AS l", "")
        script = table + f"CREATE TABLE o WITH (connector = 'single_file', path = 'o', format = '{format}');\nINSERT INTO o SELECT {columns} FROM t;\n"
        laminar("run", script=script, cwd=tmp_path).expect(0)
        if format == "json":
            rows = [json.loads(line) for line in (tmp_path / "o").read_text().splitlines()]
            assert rows[3]["us"] == "1970-01-01T00:00:00.000Z" and rows[0]["us"] == rows[0]["l"][0] and "(BC)" in rows[0]["us"]
        if format == "csv":
            assert (tmp_path / "o").read_text().count("\n") == 5
