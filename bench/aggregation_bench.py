"""Sensor rows from a file into a stream of a local ferrokinesis, each row a record and aggregated: `bench/run --aggregation` runs this.

Records, bytes (data and partition keys) and PUT payload units (25 KB of a record, begun) are those of the stream; requests are those that were answered.
CPU is of the whole process and so of reading the file too: the line `to nothing` is that part. Medians of some runs, all taken in turn."""

import json
import os
import re
import statistics
import sys
import tempfile

from kinesis_bench import ROOT, SHARDS, run

from harness.servers import Ferrokinesis
from harness.streams import create_stream, read_all

UNIT = 25 * 1024
VARIANTS = {
    "a record for each row": {},
    "aggregated": {"sink.aggregation": "kpl"},
    "aggregated, 1 MiB": {"sink.aggregation": "kpl", "sink.aggregation_max_bytes": "1MiB"},
    "partition_key, a record for each row": {"sink.partition_key": "device_id"},
    "partition_key, aggregated": {"sink.partition_key": "device_id", "sink.aggregation": "kpl"},
}


def table(name, columns, **options):
    return f"CREATE TABLE {name} {columns} WITH (" + ", ".join(f"'{k}' = '{v}'" for k, v in options.items()) + ");\n"


def main():
    laminar, (path, rows, runs) = sys.argv[1], json.loads(sys.argv[2])
    page = open(os.path.join(ROOT, "test", "sql", "page", "iot.sql")).read()
    columns = re.search(r"CREATE TABLE sensor_data (\(.*?\)) WITH", page, re.S).group(1)
    results = {}
    with Ferrokinesis() as server, tempfile.TemporaryDirectory() as folder:
        part = os.path.join(folder, "sensors.jsonl")
        with open(path, "rb") as whole, open(part, "wb") as out:
            out.writelines(line for line, _ in zip(whole, range(rows)))
        source = table("lines", columns, connector="single_file", path=part, type="source")
        for number in range(runs):
            for label, options in ({"to nothing": None} | VARIANTS).items():
                stream = f"out-{number}-{len(results)}-{'-'.join(map(str, (options or {}).values()))}".replace("_", "-")
                if options is None:
                    sink = table("written", columns, connector="blackhole", type="sink")
                else:
                    create_stream(server.client(), stream, SHARDS)
                    sink = table("written", columns, connector="kinesis", stream_name=stream, aws_region="us-east-1", type="sink", format="json", **options)
                figures = run([laminar, "run", "-", "--log-format", "json", "--until-caught-up"], server.endpoint,
                              source + sink + "INSERT INTO written SELECT * FROM lines;\n")
                if options is not None:
                    records = read_all(server.client(), stream)
                    server.client().delete_stream(StreamName=stream)
                    figures |= {"records": len(records), "bytes": sum(len(r.data) + len(r.key) for r in records), "units": sum(-(-len(r.data) // UNIT) for r in records)}
                results.setdefault(label, []).append(figures)
    print(f"{rows:,} sensor rows, {SHARDS} shards, median of {runs} runs\n")
    print(f"{'':42} {'records':>9} {'rows/record':>11} {'PUT units':>9} {'requests':>8} {'MB':>7} {'CPU us/row':>10} {'wall s':>7}")
    for label, all_runs in results.items():
        figures = {key: statistics.median(one[key] for one in all_runs) for key in all_runs[0]}
        written = (f"{figures['records']:9,.0f} {rows / figures['records']:11.1f} {figures['units']:9,.0f} {figures['write_requests']:8,.0f} {figures['bytes'] / 1e6:7.1f}" if "records" in figures else " " * 48)
        print(f"{label:42} {written} {figures['cpu'] / rows * 1e6:10.2f} {figures['wall']:7.2f}")


if __name__ == "__main__":
    main()
