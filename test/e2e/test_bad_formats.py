"""bad_data of every format beside JSON: one record in five hundred that cannot be taken, of every kind. The others pass; it stops the pipeline, is counted, or is
kept with its exact bytes and put back."""

import base64
import gzip
import io
import json
import re
import struct
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness import avro_records
from harness.avro_records import SINGLE_OBJECT, fingerprint
from harness.sql import file_table, sink, source
from harness.streams import create_stream, put_all, read_all

COLUMNS = "n BIGINT NOT NULL, k TEXT"
SCHEMA = {"type": "record", "name": "Row", "fields": [{"name": "n", "type": "long"}, {"name": "k", "type": "string"}]}
EVERY = 500


def row(n):
    return {"n": n, "k": f"key {n % 7}"}


HEAD = SINGLE_OBJECT + fingerprint(SCHEMA)


def datum(value):
    return avro_records.datum(SCHEMA, value)


def container(values, codec="null", schema=SCHEMA):
    return avro_records.container(schema, values, codec)


def parquet(n, k, type=None):
    out = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array([n], type or pa.int64()), "k": pa.array([k], pa.string())}), out)
    return out.getvalue()


def lines(*values):
    return "".join(json.dumps(value) + "\n" for value in values).encode()


def gzip_with_wrong_checksum():
    made = bytearray(gzip.compress(lines(row(1))))
    made[-8] ^= 1
    return bytes(made)


# Format: (table options, a good record of row n, records of which nothing can be taken)
FORMATS = {
    "avro": (
        {"format": "avro", "avro.schema": json.dumps(SCHEMA), "avro.encoding": "single_object"},
        lambda n: HEAD + datum(row(n)),
        [HEAD[:5], (HEAD + datum(row(77)))[:-3], b"\xc3\x02" + HEAD[2:] + datum(row(1)), b"\xc3\x01" + bytes(8) + datum(row(1)),
         HEAD + b"\x02\x04\xff\xfe", HEAD + b"\x02\x01", HEAD + b"\x02" + b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", HEAD + b"\xff" * 12, b"\x00"],
    ),
    "container": (
        {"format": "avro", "avro.encoding": "container"},
        lambda n: container([row(n)], ["null", "deflate", "snappy"][n % 3]),
        [container([row(1)])[:-30], b"Obj\x02" + container([row(1)])[4:], b"Obj\x01", container([row(1)]).replace(b'"long"', b'"lung"'),
         container([row(1)], "deflate")[:-40], container([{"k": "n is missing"}], schema={"type": "record", "name": "R", "fields": SCHEMA["fields"][1:]}),
         b"no container at all", container([{"n": "text", "k": "a"}], schema={"type": "record", "name": "R", "fields": [
             {"name": "n", "type": "string"}, {"name": "k", "type": "string"}]})],
    ),
    "parquet": (
        {"format": "parquet"},
        lambda n: parquet(n, row(n)["k"]),
        [parquet(1, "a")[:-30], b"PAR1", b"PAR1" + bytes(100) + struct.pack("<I", 90) + b"PAR1", parquet(None, "a"), parquet("no number", "a", pa.string()),
         parquet(1, "a")[:4] + bytes(30) + parquet(1, "a")[34:], b"no Parquet file"],
    ),
    "csv": (
        {"format": "csv", "csv.header": "first_line"},
        lambda n: b"k,n\r\n%s,%d\r\n" % (row(n)["k"].encode(), n),
        [b"k,n\r\na,no number\r\n", b"k,n\na,1,2\n", b'k,n\n"a,1\n', b"k,n\na\xff,1\n", b"k,n\na,\n", b'"k,n\n', b"k\na\n", b'k,n\n"a"b,1\n'],
    ),
    "gzip": (
        {"format": "json", "compression": "gzip"},
        lambda n: gzip.compress(lines(row(n))),
        [gzip.compress(lines(row(1)))[:-9], lines(row(1)), gzip_with_wrong_checksum(), gzip.compress(b'{"n": "text"}'), b"\x1f\x8b", gzip.compress(b"\xff\xfe"),
         gzip.compress(b'{"n": ' + b"[" * 3000 + b"]" * 3000 + b"}")],
    ),
    "zstd": (
        {"format": "json", "compression": "zstd"},
        lambda n: pa.compress(lines(row(n)), codec="zstd", asbytes=True),
        [pa.compress(lines(row(1)), codec="zstd", asbytes=True)[:-2], b"\x28\xb5\x2f\xfd", lines(row(1)), zlib.compress(lines(row(1))),
         pa.compress(b'{"n": "text"}', codec="zstd", asbytes=True)],
    ),
}  # fmt: skip


@pytest.fixture(params=FORMATS)
def filled(request, quick_server, new_name):
    """(stream, table options, bad records): a bad record after every EVERY good ones, of which there are so many times EVERY."""
    options, good, bad = FORMATS[request.param]
    name = new_name("formats")
    create_stream(quick_server.client(), name, 2)
    records = []
    for i, record in enumerate(bad):
        records += [good(n) for n in range(i * EVERY, (i + 1) * EVERY)] + [record]
    put_all(quick_server.client(), name, records)
    return name, options, bad


def pipeline(read, written, options, **more):
    return source("r", COLUMNS, read, **options, **more) + sink("w", COLUMNS, written) + "INSERT INTO w SELECT n, k FROM r;\n"


def test_bad_records_cost_only_themselves(filled, quick_server, new_name, laminar, tmp_path):
    read, options, bad = filled
    client = quick_server.client()
    written, back, failed = (new_name("formats") for _ in range(3))
    for name in (written, back, failed):
        create_stream(client, name, 1)
    stopped = laminar("run", "--until-caught-up", script=pipeline(read, failed, options), endpoint=quick_server.endpoint).expect(1)
    assert f"bad data in table r (stream {read}, shard shardId-" in stopped.stderr and "sequence number" in stopped.stderr, stopped.describe()

    path = tmp_path / "bad.jsonl"
    script = pipeline(read, written, options, bad_data="dead_letter", **{"dead_letter.path": path})
    done = laminar("run", "--until-caught-up", "--log-format", "json", script=script, endpoint=quick_server.endpoint).expect(0)
    rows = [json.loads(record.data) for record in read_all(client, written)]
    assert sorted(rows, key=lambda each: each["n"]) == [row(n) for n in range(EVERY * len(bad))]
    letters = [json.loads(line) for line in path.read_text().splitlines()]
    assert done.total()["bad_rows"] == len(bad) == len(letters), "\n".join(letter["reason"] for letter in letters)
    assert sorted(base64.b64decode(letter["data"]) for letter in letters) == sorted(bad)
    assert all(letter["reason"] and letter["sequence_number"] and letter["partition_key"] for letter in letters)

    keys = {record.data: record.key for record in read_all(client, read)}
    laminar("replay", path, "--into", back, "--region", "us-east-1", endpoint=quick_server.endpoint).expect(0)
    restored = read_all(client, back)
    assert sorted(record.data for record in restored) == sorted(bad)
    assert all(record.key == keys[record.data] for record in restored)


@pytest.mark.parametrize("format", ["csv", "gzip", "zstd"])
def test_a_bad_line_among_others_is_kept_so_that_it_can_be_read_alone(quick_server, new_name, laminar, tmp_path, format):
    client = quick_server.client()
    options, _, _ = FORMATS[format]
    read, written, back = (new_name("lines") for _ in range(3))
    for name in (read, written, back):
        create_stream(client, name, 1)
    if format == "csv":
        record, kept = b"k,n\r\na,1\r\nb,two\r\nc,3\r\n", b"k,n\r\nb,two"
    else:
        compress = gzip.compress if format == "gzip" else lambda data: pa.compress(data, codec="zstd", asbytes=True)
        record, kept = compress(lines(row(1)) + b'{"n": "two"}\n' + lines(row(3))), b'{"n": "two"}'
    put_all(client, read, [record])
    path = tmp_path / "bad.jsonl"
    script = pipeline(read, written, options, bad_data="dead_letter", **{"dead_letter.path": path})
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    assert sorted(json.loads(r.data)["n"] for r in read_all(client, written)) == [1, 3]
    laminar("replay", path, "--into", back, "--region", "us-east-1", endpoint=quick_server.endpoint).expect(0)
    (restored,) = read_all(client, back)
    plain = gzip.decompress if format == "gzip" else lambda data: pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
    assert restored.data == kept if format == "csv" else plain(restored.data) == kept
    again = laminar("run", "--until-caught-up", script=pipeline(back, written, options), endpoint=quick_server.endpoint).expect(1)
    assert "two" in again.stderr, again.describe()


def test_a_file_of_which_many_rows_are_bad_is_kept_once(quick_server, new_name, laminar, tmp_path):
    client = quick_server.client()
    read, written, back = (new_name("many") for _ in range(3))
    for name in (read, written, back):
        create_stream(client, name, 1)
    out = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array([str(n) if n % 2 else "odd one out" for n in range(1000)]), "k": pa.array(["k"] * 1000)}), out)
    put_all(client, read, [out.getvalue()])
    path = tmp_path / "bad.jsonl"
    script = pipeline(read, written, {"format": "parquet"}, bad_data="dead_letter", **{"dead_letter.path": path})
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    letters = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(letters) == 500 and sum(letter["data"] is not None for letter in letters) == 1
    assert [letter["reason"] for letter in letters][:2] != [letters[0]["reason"]] * 2  # each names its row
    laminar("replay", path, "--into", back, "--region", "us-east-1", endpoint=quick_server.endpoint).expect(0)
    assert [record.data for record in read_all(client, back)] == [out.getvalue()]


def test_a_parquet_footer_that_lies_about_its_rows(laminar, tmp_path):
    file = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array(range(300), pa.int64()), "k": [f"text {n}" for n in range(300)]}), file, row_group_size=100)
    data, path = file.getvalue(), tmp_path / "lies.parquet"
    footer = data[-8 - int.from_bytes(data[-8:-4], "little"):-8]
    told = 0
    # 100 and 300 as they are written: of the file, of row groups, of columns' values. 2 ** 62 rows would take forever.
    for number in (b"\xc8\x01", b"\xd8\x04"):
        for place in (m.start() for m in re.finditer(re.escape(number), footer)):
            for other in (b"\x00", b"\xd0\x0f", b"\x80" * 8 + b"\x80\x01"):
                forged = footer[:place] + other + footer[place + 2:]
                path.write_bytes(data[:-8 - len(footer)] + forged + len(forged).to_bytes(4, "little") + data[-4:])
                for query in ("SELECT 1 AS one FROM r", "SELECT n, k FROM r", "SELECT k FROM r WHERE n > 250"):
                    script = file_table("r", "n BIGINT, k TEXT", path, "parquet", type="source", bad_data="drop") + query + ";\n"
                    total = laminar("run", "--log-format", "json", script=script).expect(0).total()
                    assert total["rows_out"] <= 300
                    told += total["bad_rows"]
    assert told > 20
