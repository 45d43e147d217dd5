#!/usr/bin/env python3
"""How fast formats/avro decodes, beside fastavro on the same bytes in the same run: rows of the page's IoT stream, one core, rows per CPU second.

  $LAMINAR_TEST_PYTHON bench/avro_bench.py            the Python of scripts/test-servers, which has fastavro

Three rounds, the medians; fastavro and Laminar take turns. Laminar decodes into DuckDB's vectors, fastavro into dictionaries.
"""

import datetime
import io
import json
import os
import statistics
import struct
import subprocess
import tempfile
import time

import fastavro
import fastavro.schema

PROGRAM = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "build", "release", "avro_decode")
ROWS, ROUNDS, BLOCK_ROWS = 20_000, 3, 1000

LOCATION = {"type": "record", "name": "Location", "fields": [{"name": "lat", "type": "double"}, {"name": "lon", "type": "double"}]}
SCHEMA = fastavro.parse_schema({"type": "record", "name": "Reading", "fields": [
    {"name": "device_id", "type": "string"},
    {"name": "location", "type": LOCATION},
    {"name": "temperature", "type": ["null", "double"]},
    {"name": "humidity", "type": ["null", "double"]},
    {"name": "pressure", "type": ["null", "double"]},
    {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-micros"}},
]})  # fmt: skip


def readings():
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    for i in range(ROWS):
        yield {"device_id": f"dev-{i % 1000}", "location": {"lat": i * 7919 % 90 + 0.5, "lon": i * 7919 % 180 + 0.25}, "temperature": i % 50 + 0.1,
               "humidity": i % 100 + 0.2, "pressure": i % 1100 + 0.3, "timestamp": start + datetime.timedelta(milliseconds=i * 137)}  # fmt: skip


def raw_records():
    for row in readings():
        out = io.BytesIO()
        fastavro.schemaless_writer(out, SCHEMA, row)
        yield out.getvalue()


def containers(codec):
    rows = list(readings())
    for begin in range(0, ROWS, BLOCK_ROWS):
        out = io.BytesIO()
        fastavro.writer(out, SCHEMA, rows[begin : begin + BLOCK_ROWS], codec=codec)
        yield out.getvalue()


def single_objects():
    head = b"\xc3\x01" + bytes.fromhex(fastavro.schema.fingerprint(fastavro.schema.to_parsing_canonical_form(SCHEMA), "CRC-64-AVRO"))
    return (head + record for record in raw_records())


def fastavro_rate(records):
    begin, rows = time.process_time(), 0
    while time.process_time() - begin < 2:
        for record in records:
            if record.startswith(b"Obj"):
                for _ in fastavro.reader(io.BytesIO(record)):
                    rows += 1
            else:
                stream = io.BytesIO(record)
                if record.startswith(b"\xc3\x01"):
                    stream.seek(10)
                fastavro.schemaless_reader(stream, SCHEMA, None)
                rows += 1
    return rows / (time.process_time() - begin)


def main():
    with tempfile.TemporaryDirectory() as folder:
        schema, data = os.path.join(folder, "schema"), os.path.join(folder, "records")
        with open(schema, "w") as out:
            json.dump(SCHEMA, out)

        def laminar_rate(*columns):
            rate, rows = subprocess.run([PROGRAM, schema, data, *columns], check=True, capture_output=True, text=True).stdout.split()
            assert int(rows) == ROWS
            return float(rate)

        print(f"{'records':24}{'fastavro':>14}{'laminar':>14}{'ratio':>8}{'three columns':>16}")
        for name, records in (("single objects", single_objects()), ("raw datums", raw_records()), ("containers", containers("null")),
                              ("containers, deflate", containers("deflate")), ("containers, snappy", containers("snappy"))):  # fmt: skip
            records = list(records)
            with open(data, "wb") as out:
                for record in records:
                    out.write(struct.pack("<I", len(record)) + record)
            rounds = [(fastavro_rate(records), laminar_rate(), laminar_rate("device_id", "temperature", "timestamp")) for _ in range(ROUNDS)]
            theirs, ours, few = (statistics.median(rates) for rates in zip(*rounds))
            print(f"{name:24}{theirs:14,.0f}{ours:14,.0f}{ours / theirs:7.1f}x{few:16,.0f}")


if __name__ == "__main__":
    main()
