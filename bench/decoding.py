#!/usr/bin/env python3
"""How fast formats are decoded, beside programs of others on the same bytes in the same run: rows of the page's IoT stream, one core, rows per CPU second.

  $LAMINAR_TEST_PYTHON bench/decoding.py             the Python of scripts/test-servers, which has fastavro and pyarrow
  $LAMINAR_TEST_PYTHON bench/decoding.py avro json   some of the formats

Three rounds, by turns; rates are their medians. Laminar and DuckDB decode into DuckDB's vectors, pyarrow into Arrow's arrays, fastavro into dictionaries. DuckDB
(the library that Laminar is linked to) and pyarrow read Parquet records of 1 MB, and JSON as one file of lines. simdjson beside JSON only takes the fields out:
build/release/json_ratio has its own turns. Ends with 1 if a format is below its share: 10 times fastavro, DuckDB's rate of Parquet, half of simdjson's of JSON.
"""

import argparse
import datetime
import io
import json
import os
import re
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import fastavro
import fastavro.schema
import pyarrow as pa
import pyarrow.json
import pyarrow.parquet

BUILD = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "build", "release")
ROUNDS, SECONDS = 3, 2
AVRO_ROWS, BLOCK_ROWS = 20_000, 1000
JSON_ROWS, JSON_COPIES = 20_000, 100  # DuckDB's file is that many times as long, so that it is not its start that counts
PARQUET_RECORDS, PARQUET_BYTES, PARQUET_COPIES = 10, 1_000_000, 10

LOCATION = {"type": "record", "name": "Location", "fields": [{"name": "lat", "type": "double"}, {"name": "lon", "type": "double"}]}
SCHEMA = fastavro.parse_schema({"type": "record", "name": "Reading", "fields": [
    {"name": "device_id", "type": "string"},
    {"name": "location", "type": LOCATION},
    {"name": "temperature", "type": ["null", "double"]},
    {"name": "humidity", "type": ["null", "double"]},
    {"name": "pressure", "type": ["null", "double"]},
    {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-micros"}},
]})  # fmt: skip
COLUMNS = "{device_id: 'VARCHAR', location: 'JSON', temperature: 'DOUBLE', humidity: 'DOUBLE', pressure: 'DOUBLE', timestamp: 'TIMESTAMP'}"


def readings(count, first=0):
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    for i in range(first, first + count):
        yield {"device_id": f"dev-{i % 1000}", "location": {"lat": i * 7919 % 90 + 0.5, "lon": i * 7919 % 180 + 0.25}, "temperature": i * 7919 % 500 / 10,
               "humidity": i * 31 % 1000 / 10, "pressure": i * 7919 % 11000 / 10, "timestamp": start + datetime.timedelta(milliseconds=i * 137)}  # fmt: skip


def cpu_rate(rows, once):
    """Rows per CPU second of this process."""
    begin, done = time.process_time(), 0
    while time.process_time() - begin < SECONDS:
        once()
        done += rows
    return done / (time.process_time() - begin)


def duckdb_rate(rows, sql):
    """Rows per CPU second of DuckDB itself on one thread, without what its start costs."""

    def cpu(statement):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([os.path.join(BUILD, "bench_duckdb_query"), "1", statement], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return rows / (cpu(sql) - cpu("SELECT 1"))


def laminar(folder, format, records, rows, schema="-"):
    """What gives Laminar's rate for the records; of some columns, if they are named."""
    data = os.path.join(folder, "records")
    with open(data, "wb") as out:
        for record in records:
            out.write(struct.pack("<I", len(record)) + record)

    def rate(*columns):
        found, decoded = subprocess.run([os.path.join(BUILD, "decode_records"), format, data, schema, *columns], check=True, capture_output=True, text=True).stdout.split()
        assert int(decoded) == rows, (decoded, rows)
        return float(found)

    return rate


def compare(name, ours, others, least):
    """Prints a line for each of the others, {name: what gives its rate}; whether Laminar has its share of those in `least`, {name: how many times theirs}."""
    rounds = [(ours(), ours("device_id", "temperature", "timestamp"), *(rate() for rate in others.values())) for _ in range(ROUNDS)]
    rate, few, *theirs = (statistics.median(rates) for rates in zip(*rounds))
    good = True
    for other, its_rate in zip(others, theirs):
        enough = rate >= its_rate * least.get(other, 0)
        good = good and enough
        print(f"{name:26}{other:>12}{its_rate:14,.0f}{rate:14,.0f}{rate / its_rate:7.1f}x{few:16,.0f}{'' if enough else f'   less than {least[other]}x'}", flush=True)
    return good


# ---- the formats


def avro(folder):
    schema = os.path.join(folder, "schema")
    with open(schema, "w") as out:
        json.dump(SCHEMA, out)

    def raw_records():
        for row in readings(AVRO_ROWS):
            out = io.BytesIO()
            fastavro.schemaless_writer(out, SCHEMA, row)
            yield out.getvalue()

    def single_objects():
        head = b"\xc3\x01" + bytes.fromhex(fastavro.schema.fingerprint(fastavro.schema.to_parsing_canonical_form(SCHEMA), "CRC-64-AVRO"))
        return (head + record for record in raw_records())

    def containers(codec):
        rows = list(readings(AVRO_ROWS))
        for begin in range(0, AVRO_ROWS, BLOCK_ROWS):
            out = io.BytesIO()
            fastavro.writer(out, SCHEMA, rows[begin : begin + BLOCK_ROWS], codec=codec)
            yield out.getvalue()

    def by_fastavro(records):
        for record in records:
            if record.startswith(b"Obj"):
                for _ in fastavro.reader(io.BytesIO(record)):
                    pass
            else:
                stream = io.BytesIO(record)
                if record.startswith(b"\xc3\x01"):
                    stream.seek(10)
                fastavro.schemaless_reader(stream, SCHEMA, None)

    good = True
    for name, records in (("single objects", single_objects()), ("raw datums", raw_records()), ("containers", containers("null")),
                          ("containers, deflate", containers("deflate")), ("containers, snappy", containers("snappy"))):  # fmt: skip
        records = list(records)
        others = {"fastavro": lambda: cpu_rate(AVRO_ROWS, lambda: by_fastavro(records))}
        good = compare(f"avro {name}", laminar(folder, "avro", records, AVRO_ROWS, schema), others, {"fastavro": 10}) and good
    return good


def place_of_device(number, row):
    return row["location"]


def place_of_row(number, row):
    return {"lat": number * 7919 % 900_000 / 10_000, "lon": number * 7919 % 1_800_000 / 10_000}


def parquet(folder):
    return all([parquet_with(folder, "places of devices", place_of_device), parquet_with(folder, "a place each", place_of_row)])


def parquet_with(folder, name, place):
    rows_of_record, records = 40_000, []
    while len(records) < PARQUET_RECORDS:
        first = len(records) * rows_of_record
        rows = [row | {"location": json.dumps(place(number, row))} for number, row in enumerate(readings(rows_of_record, first), first)]
        out = io.BytesIO()
        pyarrow.parquet.write_table(pa.Table.from_pylist(rows, schema=pa.schema(
            [("device_id", pa.string()), ("location", pa.string()), *((name, pa.float64()) for name in ("temperature", "humidity", "pressure")),
             ("timestamp", pa.timestamp("us"))])), out)  # fmt: skip
        if not 0.9 < len(out.getvalue()) / PARQUET_BYTES < 1.1:
            rows_of_record, records = rows_of_record * PARQUET_BYTES // len(out.getvalue()), []
            continue
        records.append(out.getvalue())
    paths = []
    for n, record in enumerate(records):
        paths.append(os.path.join(folder, f"{n}.parquet"))
        with open(paths[-1], "wb") as out:
            out.write(record)
    rows = rows_of_record * PARQUET_RECORDS

    def by_pyarrow():
        for record in records:
            pyarrow.parquet.read_table(io.BytesIO(record), use_threads=False)

    # The type that the table's column has: that a text is JSON is checked by both. pyarrow leaves it as it is.
    names = ", ".join(re.findall(r"(\w+):", COLUMNS)).replace("location", "location::JSON")
    sql = f"SELECT {names} FROM read_parquet([{', '.join(repr(path) for path in paths * PARQUET_COPIES)}])"
    others = {"pyarrow": lambda: cpu_rate(rows, by_pyarrow), "DuckDB": lambda: duckdb_rate(rows * PARQUET_COPIES, sql)}
    return compare(f"parquet, {name}", laminar(folder, "parquet", records, rows), others, {"DuckDB": 1})


def lines_of_json(folder):
    def written(row):
        return json.dumps(row | {"timestamp": row["timestamp"].strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"}, separators=(",", ":")).encode()

    records = [written(row) for row in readings(JSON_ROWS)]
    text = b"\n".join(records) + b"\n"
    path = os.path.join(folder, "lines.json")
    with open(path, "wb") as out:
        for _ in range(JSON_COPIES):
            out.write(text)
    schema = pa.schema([("device_id", pa.string()), ("location", pa.struct([("lat", pa.float64()), ("lon", pa.float64())])),
                        *((name, pa.float64()) for name in ("temperature", "humidity", "pressure")), ("timestamp", pa.timestamp("us", tz="UTC"))])  # fmt: skip

    def by_pyarrow():
        read = pyarrow.json.read_json(io.BytesIO(text), read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(text)),
                                      parse_options=pyarrow.json.ParseOptions(explicit_schema=schema))  # fmt: skip
        assert read.num_rows == JSON_ROWS

    sql = f"SELECT * FROM read_json('{path}', format = 'newline_delimited', columns = {COLUMNS})"
    others = {"pyarrow": lambda: cpu_rate(JSON_ROWS, by_pyarrow), "DuckDB": lambda: duckdb_rate(JSON_ROWS * JSON_COPIES, sql)}
    compare("json, a record each", laminar(folder, "json", records, JSON_ROWS), others, {})
    # Fails below its share.
    return subprocess.run([os.path.join(BUILD, "json_ratio")]).returncode == 0


FORMATS = {"avro": avro, "parquet": parquet, "json": lines_of_json}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("formats", nargs="*", help=f"{', '.join(FORMATS)} (default: all)")
    chosen = parser.parse_args().formats or list(FORMATS)
    if unknown := set(chosen) - set(FORMATS):
        parser.error(f"unknown format {', '.join(unknown)}")
    print(f"{'records':26}{'beside':>12}{'theirs':>14}{'laminar':>14}{'ratio':>8}{'three columns':>16}")
    good = True
    for format in chosen:
        with tempfile.TemporaryDirectory() as folder:
            good = FORMATS[format](folder) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
