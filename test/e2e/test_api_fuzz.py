"""The REST API by a fuzzer that reads its OpenAPI document: every answer is one that the document names, and none is a failure of the server."""

import os
import subprocess
import sys
import threading

from harness.server import Server

EXAMPLES = int(os.environ.get("LAMINAR_API_EXAMPLES", "10"))  # of each operation; scripts/soak has more

# 422 says that valid JSON has the wrong meaning (a query that is no SQL), 413 that a body is too large before it is looked at.
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 413, 422, 429, 503]
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, 431]
"""
# What is there is found, so that more than 404 is seen; it is not deleted.
FIXED = """
[[operations]]
include-path = "{path}"
include-method = "{method}"
parameters = {{ {parameters} }}
"""


class Sweeper(threading.Thread):
    """Stops what the fuzzer starts - pipelines that go as fast as they can, with a hundred workers - so that the machine is left to its requests."""

    def __init__(self, server, keep):
        super().__init__(daemon=True)
        self.server, self.keep, self.done = server, keep, threading.Event()
        self.start()

    def run(self):
        while not self.done.wait(2):
            for each in self.server.ok("GET", "/pipelines?limit=100")["data"]:
                if each["id"] != self.keep and each["desired_state"] == "running":
                    self.server.call("PATCH", f"/v1/pipelines/{each['id']}", {"stop": "force"})


def test_no_answer_surprises(laminar, tmp_path):
    server = Server(laminar, tmp_path, "--rate-limit", "0")
    pipeline = server.create("fuzzed", "CREATE TABLE r (d BIGINT AS (i)) WITH (connector = 'generator', rows_per_second = 50); SELECT d FROM r")
    running = server.wait_state(pipeline, "Running")
    config = CONFIG
    document = server.ok("GET", "/openapi.json")
    for path, methods in document["paths"].items():
        value = pipeline["id"] if path.startswith("/pipelines/{id}") else running["job_id"] if path.startswith("/jobs/{id}") else None
        for method in methods:
            if value and method in ("get", "post", "patch"):
                config += FIXED.format(path=path, method=method.upper(), parameters=f'"path.id" = "{value}"')
    (tmp_path / "schemathesis.toml").write_text(config)
    sweeper = Sweeper(server, pipeline["id"])
    found = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", str(tmp_path / "schemathesis.toml"), "run", f"{server.base}/v1/openapi.json",
         "-H", f"Authorization: Bearer {server.token}", "--max-examples", str(EXAMPLES), "--phases", "examples,coverage,fuzzing", "--continue-on-failure",
         "--request-timeout", "60", "--no-color"],
        cwd=tmp_path, capture_output=True, text=True, timeout=7000)  # fmt: skip
    sweeper.done.set()
    sweeper.join()
    report = found.stdout.replace(server.token, "TOKEN")
    assert found.returncode == 0, report[-6000:] + found.stderr[-1000:]
    assert server.call("GET", "/v1/ping").text == "Pong" and server.run.process.poll() is None
    print(report[-1500:])
