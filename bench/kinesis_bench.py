"""Kinesis -> Kinesis on a local ferrokinesis: `bench/run --kinesis` runs this with the Python environment of the tests."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "test"))

from harness.servers import Ferrokinesis  # noqa: E402
from harness.streams import create_stream  # noqa: E402

SHARDS = 4


def run(command, endpoint, script):
    environment = dict(os.environ, AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench", AWS_ENDPOINT_URL=endpoint, AWS_EC2_METADATA_DISABLED="true")
    start = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    process.stdin.write(script.encode())
    process.stdin.close()
    errors = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{errors}")
    figures = {"wall": time.monotonic() - start, "cpu": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024}
    said = [json.loads(line) for line in errors.splitlines() if line.startswith("{")]  # with --log-format json
    return figures | {key: line[key] for line in said if line["message"] == "done" for key in ("write_requests",)}


def with_stream(page, table, stream, direction):
    """The page's CREATE TABLE of `table`, for `stream` on the local server."""
    text = re.search(rf"CREATE TABLE {table} \(.*?\) WITH", page, re.S).group(0)
    offset = ", 'source.offset' = 'earliest'" if direction == "source" else ""
    return f"{text} (connector = 'kinesis', stream_name = '{stream}', aws_region = 'us-east-1', type = '{direction}'{offset}, format = 'json');\n"


def main():
    laminar, inputs = sys.argv[1], json.loads(sys.argv[2])  # [[pipeline, source table, sink table, file]]
    results = {}
    with Ferrokinesis() as server, tempfile.TemporaryDirectory() as folder:
        for name, source, sink, path, rows in inputs:
            part = os.path.join(folder, f"{name}.jsonl")
            with open(path, "rb") as whole, open(part, "wb") as out:
                for _, line in zip(range(rows), whole):
                    out.write(line)
            page = open(os.path.join(ROOT, "test", "sql", "page", f"{name}.sql")).read()
            for stream in (f"{name}-in", f"{name}-out"):
                create_stream(server.client(), stream, SHARDS)
            columns = re.search(rf"CREATE TABLE {source} (\(.*?\)) WITH", page, re.S).group(1)
            load = (f"CREATE TABLE lines {columns} WITH (connector = 'single_file', path = '{part}', type = 'source');\n" +
                    with_stream(page, source, f"{name}-in", "sink") + f"INSERT INTO {source} SELECT * FROM lines;\n")
            query = (with_stream(page, source, f"{name}-in", "source") + with_stream(page, sink, f"{name}-out", "sink") +
                     page[page.index("INSERT INTO"):])
            command = [laminar, "run", "-", "--quiet", "--until-caught-up"]
            results[f"{name}: file -> Kinesis"] = run(command, server.endpoint, load)
            results[f"{name}: Kinesis -> Kinesis"] = run(command, server.endpoint, query)
            results[f"{name}: file -> Kinesis"]["rows"] = results[f"{name}: Kinesis -> Kinesis"]["rows"] = rows
            results[f"{name}: file -> Kinesis"]["mb"] = results[f"{name}: Kinesis -> Kinesis"]["mb"] = os.path.getsize(part) / 1e6
    print(json.dumps(results))


if __name__ == "__main__":
    main()
