#!/usr/bin/env python3
"""What the REST API costs while pipelines run at full speed: the server's CPU time a request, and what the requests add to the pipelines' CPU time a row.

  $LAMINAR_TEST_PYTHON bench/api_load.py                       the Python of scripts/test-servers, which has aiohttp
  $LAMINAR_TEST_PYTHON bench/api_load.py --pipelines 1 --rounds 15 --seconds 10

Rounds without load, with load, and with the same load on a second server that runs nothing take turns, in a changing order; figures are medians of the
rounds. The requests, 500 a second over 50 connections, are those of a console that somebody looks at: lists, one pipeline, its job, its figures. CPU time is
that of the server's threads by their names: "http" for the API, the rest for the pipelines. What asks runs on the same machine, and a busy neighbour makes
every row dearer (caches and, on many machines, the processor itself are shared): the second server tells what of it that is.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "test"))

from harness.laminar import Laminar  # noqa: E402
from harness.server import Server  # noqa: E402

QUERY = """CREATE TABLE sensor_data (
    device_id TEXT AS (concat('sensor-', i % 1000)), temperature DOUBLE AS (20 + i % 30 + 0.5), ts TIMESTAMP AS (TIMESTAMP '2026-01-01' + to_milliseconds(i)),
    WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
) WITH (connector = 'generator');
CREATE TABLE out WITH (connector = 'blackhole');
INSERT INTO out SELECT device_id, avg(temperature) AS average, count(*) AS n FROM sensor_data WHERE temperature > 25
GROUP BY device_id, TUMBLE(ts, INTERVAL '1' MINUTE);
"""
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """CPU seconds of the process: (threads of the API, all others)."""
    api = pipelines = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            text = (task / "stat").read_text()
        except OSError:
            continue
        name, fields = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:].split()
        used = (int(fields[11]) + int(fields[12])) / TICKS
        if name == "http":
            api += used
        else:
            pipelines += used
    return api, pipelines


def rows_in(server):
    text = requests.get(server.base + "/metrics", timeout=10).text
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("laminar_rows_in_total"))


async def ask(server, paths, rate, connections, seconds):
    """Answers that came, and those that are not 200. Each connection asks at its own times, so that they come evenly."""
    answers, wrong = 0, 0
    headers = {"Authorization": f"Bearer {server.token}"}
    begin = time.monotonic()
    async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=connections)) as session:

        async def one(number):
            nonlocal answers, wrong
            every, turn = connections / rate, 0
            while True:
                at = begin + (number / connections + turn) * every
                if at >= begin + seconds:
                    return
                await asyncio.sleep(max(0, at - time.monotonic()))
                async with session.get(server.base + paths[(number + turn) % len(paths)]) as answer:
                    await answer.read()
                    answers += 1
                    wrong += answer.status != 200
                turn += 1

        await asyncio.gather(*(one(number) for number in range(connections)))
    return answers, wrong


def paths_of(server, count):
    """What the requests ask for, and the server's pipelines."""
    made = [server.create(f"p{n}", QUERY) for n in range(count)]
    jobs = [server.wait_state(pipeline, "Running")["job_id"] for pipeline in made]
    paths = ["/v1/pipelines", "/v1/connection_tables", "/v1/jobs", "/v1/ping"]
    return paths + [f"/v1/pipelines/{made[0]['id']}", f"/v1/jobs/{jobs[0]}", f"/v1/jobs/{jobs[0]}/metrics", f"/v1/jobs/{jobs[0]}/checkpoints"]


def finished(server):
    """The same requests for a server that runs nothing: its pipeline is stopped."""
    paths = paths_of(server, 1)
    pipeline = server.ok("PATCH", paths[4].removeprefix("/v1"), {"stop": "immediate"})
    server.wait_state(pipeline, "Stopped")
    return paths


class Round:
    """One kind of round: whom it asks, and the CPU seconds a row that it saw, one figure a round."""

    def __init__(self, asked=None, paths=None):
        self.asked, self.paths = asked, paths
        self.per_row, self.per_request, self.rates = [], [], []

    def run(self, server, options):
        rows, (api, pipelines), begin = rows_in(server), cpu_seconds(server.run.pid), time.monotonic()
        answers, wrong = 0, 0
        if self.asked:
            answers, wrong = asyncio.run(ask(self.asked, self.paths, options.rate, options.connections, options.seconds))
        else:
            time.sleep(options.seconds)
        more_rows, (api_after, pipelines_after), seconds = rows_in(server) - rows, cpu_seconds(server.run.pid), time.monotonic() - begin
        if wrong:
            sys.exit(f"{wrong} of {answers} answers were not 200")
        self.per_row.append((pipelines_after - pipelines) / more_rows)
        if self.asked is server:
            self.per_request.append((api_after - api) / answers)
            self.rates.append(answers / seconds)

    def change(self, quiet):
        """The median of what each of its rounds shows beside the quiet round of the same turn."""
        return statistics.median(mine / without for mine, without in zip(self.per_row, quiet.per_row)) - 1


def run(options):
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other_folder:
        runs = []

        def laminar(*arguments, **more):
            runs.append(Laminar(list(arguments), **more))
            return runs[-1]

        try:
            other = Server(laminar, Path(other_folder))
            elsewhere = Round(other, finished(other))
            server = Server(laminar, Path(folder))
            quiet, loaded = Round(), Round(server, paths_of(server, options.pipelines))
            time.sleep(3)
            kinds = [quiet, loaded, elsewhere]
            for turn in range(options.rounds):
                for kind in kinds[turn % 3:] + kinds[:turn % 3]:
                    kind.run(server, options)
            before, after, there = (statistics.median(kind.per_row) * 1e9 for kind in kinds)
            print(f"{options.pipelines} pipelines, {statistics.median(loaded.rates):.0f} requests/s over {options.connections} connections: "
                  f"{statistics.median(loaded.per_request) * 1000:.2f} ms of the server's CPU a request; pipelines {before:.0f} ns of CPU a row without, "
                  f"{after:.0f} ns with: {loaded.change(quiet):+.1%}; {there:.0f} ns with the same requests to another process: "
                  f"{elsewhere.change(quiet):+.1%}; here against there {loaded.change(elsewhere):+.1%}")  # fmt: skip
        finally:
            for each in runs:
                each.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pipelines", type=int, default=2)
    parser.add_argument("--rate", type=int, default=500, help="requests a second")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=10, help="of each round")
    run(parser.parse_args())


if __name__ == "__main__":
    main()
