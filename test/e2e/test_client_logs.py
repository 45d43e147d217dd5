"""`laminar logs`: what a pipeline has logged and logs, through restarts."""

import json
import re

import pytest
from harness.client import Client
from harness.process import free_port, wait_for
from harness.server import Server

ENDLESS = """CREATE TABLE readings (device BIGINT AS (i % 3)) WITH (connector = 'generator', rows_per_second = 200);
CREATE TABLE nothing WITH (connector = 'blackhole');
INSERT INTO nothing SELECT device FROM readings;
"""


@pytest.fixture
def server(laminar, tmp_path):
    return Server(laminar, tmp_path, "--listen", free_port())


@pytest.fixture
def client(server):
    return Client(server)


def messages(run):
    return [json.loads(line)["message"] for line in list(run.stdout_lines)]


def test_lines_that_are_kept(server, client):
    client.ok("pipelines", "create", "-", "--name", "two words", "--wait", stdin=ENDLESS)
    pipeline = client.json("pipelines", "show", "two words")
    kept = server.ok("GET", f"/jobs/{pipeline['job_id']}/logs")["lines"]
    assert kept
    lines = client.ok("logs", "two words").splitlines()
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning) ", lines[0]), lines
    as_json = [json.loads(line) for line in client.ok("logs", "two words", "--format", "json").splitlines()]
    assert as_json[: len(kept)] == kept
    client.ok("pipelines", "create", "-", "--name", "later", "--no-start", stdin=ENDLESS)
    assert client.ok("logs", "later") == ""
    assert "there is no pipeline 'nobody'" in client.refused(2, "logs", "nobody")


def test_followed_through_restarts(laminar, tmp_path, server, client):
    client.ok("pipelines", "create", "-", "--name", "p", "--no-start", stdin=ENDLESS)
    follow = laminar("logs", "-f", "p", "--format", "json", environment=client.variables)

    def starts():
        return messages(follow).count("a job runs")

    client.ok("pipelines", "start", "p", "--wait")
    wait_for(lambda: starts() == 1, 20, follow.describe)
    # Another job.
    client.ok("pipelines", "restart", "p", "--wait")
    wait_for(lambda: starts() == 2, 20, follow.describe)
    # Another server, in which the job's lines are counted anew.
    server.kill()
    wait_for(lambda: "is asked again" in follow.stderr, 30, follow.describe)
    again = Server(laminar, tmp_path, "--listen", server.port())
    wait_for(lambda: starts() == 3, 40, lambda: follow.describe() + again.run.describe())
    assert "answers again" in follow.stderr
    # One that is stopped in order.
    assert again.run.stop() == 0
    again = Server(laminar, tmp_path, "--listen", server.port())
    wait_for(lambda: starts() == 4, 40, lambda: follow.describe() + again.run.describe())
    # Each line once.
    lines = list(follow.stdout_lines)
    assert len(lines) == len(set(lines)), follow.describe()
    assert follow.stop() == 0


def test_it_ends_with_its_pipeline(laminar, client):
    client.ok("pipelines", "create", "-", "--name", "p", "--wait", stdin=ENDLESS)
    follow = laminar("logs", "-f", "p", environment=client.variables)
    wait_for(lambda: "a job runs" in follow.stdout, 20, follow.describe)
    client.ok("pipelines", "delete", "p", "--force")
    assert follow.wait(30) == 2 and "there is no pipeline" in follow.stderr, follow.describe()
