"""What the server does when something that it needs goes away, and how it ends."""

import json
import re
import resource
import shutil
import signal
import threading

import pytest
from harness.process import wait_for
from harness.server import Server, told
from harness.streams import create_stream

NUMBERS = """CREATE TABLE numbers (n BIGINT AS (i)) WITH (connector = 'generator', rows_per_second = 200);
CREATE TABLE out WITH (connector = 'blackhole');
"""
COPY = NUMBERS + "INSERT INTO out SELECT n FROM numbers"


@pytest.fixture
def server(laminar, tmp_path):
    return Server(laminar, tmp_path)


def again(laminar, folder, server, **more):
    """A server that goes on with the database of one that has ended."""
    next_one = Server(laminar, folder, **more)
    next_one.token = server.token
    return next_one


def errors(server, pipeline):
    return server.ok("GET", f"/jobs/{server.pipeline(pipeline)['job_id']}/errors")["data"]


def running(server, **more):
    pipeline = server.create("copy", COPY, checkpoint_interval_micros=200_000, **more)
    server.wait_state(pipeline, "Running")
    return pipeline


def test_a_pipeline_whose_state_is_gone_does_not_begin_anew(laminar, tmp_path, server):
    pipeline = running(server)
    server.kill()
    shutil.move(tmp_path / "pipelines", tmp_path / "elsewhere")
    second = again(laminar, tmp_path, server)
    wait_for(lambda: errors(second, pipeline), 20, second.run.describe)
    assert second.pipeline(pipeline)["state"] == "Restarting"
    told = errors(second, pipeline)[0]
    assert f"there are none in {tmp_path}/pipelines/{pipeline['id']}" in told["message"] and "--state-dir" in told["hint"] and '"fresh": true' in told["hint"]
    # A disk that is mounted late: it goes on, by itself.
    shutil.rmtree(tmp_path / "pipelines")
    shutil.move(tmp_path / "elsewhere", tmp_path / "pipelines")
    second.wait_state(pipeline, "Running")
    assert second.run.stop() == 0
    # Or anew, on demand.
    shutil.rmtree(tmp_path / "pipelines")
    third = again(laminar, tmp_path, server)
    wait_for(lambda: errors(third, pipeline), 20, third.run.describe)
    third.ok("POST", f"/pipelines/{pipeline['id']}/restart", {"fresh": True})
    third.wait_state(pipeline, "Running")


def test_checkpoints_that_fail_are_errors_and_the_end_is_none_of_a_good_one(tmp_path, server):
    pipeline = running(server)
    shutil.rmtree(tmp_path / "pipelines" / pipeline["id"])
    wait_for(lambda: errors(server, pipeline), 20, server.run.describe)
    told = errors(server, pipeline)
    assert [each["kind"] for each in told] == ["checkpoint"] and "a checkpoint could not be written" in told[0]["message"], told
    assert server.pipeline(pipeline)["state"] == "Running"
    assert server.run.stop(timeout=60) == 1
    assert "has taken no last checkpoint" in server.run.stderr and "last checkpoint could not be written within 30 s" in server.run.stderr
    assert "not all pipelines have taken their last checkpoint" in server.run.stderr


def test_a_sink_that_does_not_answer_is_told_at_the_end(laminar, tmp_path, quick_server, proxy_for, new_name):
    stream = new_name("stuck")
    create_stream(quick_server.client(), stream)
    proxy = proxy_for(quick_server.endpoint)
    server = Server(laminar, tmp_path, endpoint=proxy.endpoint)
    pipeline = server.create("stuck", NUMBERS.split("CREATE TABLE out")[0] + f"""CREATE TABLE out (n BIGINT)
WITH (connector = 'kinesis', stream_name = '{stream}', aws_region = 'us-east-1', type = 'sink', format = 'json');
INSERT INTO out SELECT n FROM numbers""")
    server.wait_state(pipeline, "Running")
    proxy.rules({"operation": "PutRecords", "action": "not_answered"})
    wait_for(lambda: proxy.report()["requests"] and server.ok("GET", f"/jobs/{server.pipeline(pipeline)['job_id']}/metrics")["totals"]["rows_in"] > 200, 20, server.run.describe)
    assert server.run.stop(timeout=60) == 1
    assert re.search(r"has taken no last checkpoint.*\d+ rows handed to the sinks were not acknowledged", server.run.stderr), server.run.describe()
    assert "pipeline=stuck" in server.run.stderr


def test_a_file_that_is_written_as_a_whole_is_no_sink_of_a_pipeline(laminar, tmp_path):
    server = Server(laminar, tmp_path, "--files-dir", tmp_path)
    query = NUMBERS.split("CREATE TABLE out")[0] + "CREATE TABLE f (n BIGINT)\nWITH (connector = 'single_file', path = 'f.parquet', format = 'parquet');\nINSERT INTO f SELECT n FROM numbers"
    refused = server.call("POST", "/v1/pipelines", {"name": "whole", "query": query})
    assert "table f: a file of format 'parquet' is written as a whole" in told(refused, 422)
    details = refused.json()["error"]["details"]
    assert details["position"]["line"] == 2 and "json, csv" in details["hint"], details
    checked = server.ok("POST", "/pipelines/validate_query", {"query": query})
    assert checked["valid"] and "written as a whole" in checked["warnings"][0]["message"]
    # Its rows can be looked at, which writes nothing.
    preview = server.ok("POST", "/pipelines", {"query": query, "preview": True})
    wait_for(lambda: server.output(preview)["rows"], 20, server.run.describe)
    assert not (tmp_path / "f.parquet").exists()


def test_two_servers_do_not_share_a_database_by_a_link(laminar, tmp_path, server):
    pipeline = running(server)
    other = tmp_path / "other"
    other.mkdir()
    (other / "linked.db").symlink_to("../server.db")
    assert "is in use by another process" in laminar("serve", "--listen", "0", "--database", other / "linked.db").expect(1).stderr
    # Whatever names it, its pipelines' state lies beside the database itself.
    assert server.run.stop() == 0
    linked = laminar("serve", "--listen", "0", "--database", other / "linked.db")
    wait_for(lambda: "serving" in linked.stderr and "a job runs" in linked.stderr, 20, linked.describe)
    assert not (other / "pipelines").exists() and (tmp_path / "pipelines" / pipeline["id"]).is_dir()


def test_a_token_that_is_revoked_follows_nothing_any_more(laminar, tmp_path, server):
    pipeline = server.create("shown", NUMBERS.split("CREATE TABLE out")[0] + "SELECT n FROM numbers")
    job = server.wait_state(pipeline, "Running")["job_id"]
    made = laminar("token", "create", "--database", server.database, "--name", "reader", "--role", "viewer").expect(0).stdout
    reader = re.search(r"lmn_\S+", made).group()
    followed = [server.call("GET", f"/v1/jobs/{job}/{what}", token=reader, headers={"Accept": "text/event-stream"}, stream=True) for what in ("output", "logs")]
    ended = [threading.Event() for _ in followed]
    rows = []

    def follow(number):
        for line in followed[number].iter_lines():
            rows.append(line)
        ended[number].set()

    threads = [threading.Thread(target=follow, args=(number,), daemon=True) for number in range(2)]
    for thread in threads:
        thread.start()
    wait_for(lambda: rows, 20, server.run.describe)
    assert not any(event.is_set() for event in ended)
    laminar("token", "revoke", "reader", "--database", server.database).expect(0)
    wait_for(lambda: all(event.is_set() for event in ended), 10, "the streams to end")


def test_memory_that_cannot_be_had_ends_one_pipeline(laminar, tmp_path):
    """Where rows are written, too: nothing that is thrown there takes the process with it."""
    server = Server(laminar, tmp_path, "--memory-limit", "1GiB")
    good = running(server)
    resource.prlimit(server.run.pid, resource.RLIMIT_AS, (6 << 30, 6 << 30))
    hungry = server.create("hungry", "CREATE TABLE g (n BIGINT AS (i)) WITH (connector = 'generator', rows = 20000); SELECT n, range(100000 + n) AS z FROM g")
    failed = server.wait_state(hungry, "Failed", timeout=90)
    assert "memory" in failed["failure_message"], failed
    assert server.pipeline(good)["state"] == "Running"
    server.run.process.send_signal(signal.SIGTERM)
    server.run.process.wait(timeout=60)
    assert server.run.process.returncode == 0, server.run.describe()


def test_databases_of_the_version_before_know_which_pipelines_had_state(laminar, tmp_path, server):
    """A pipeline that ran before the upgrade has checkpoints, which are missed if they are gone."""
    import sqlite3

    pipeline = running(server)
    assert server.run.stop() == 0
    with sqlite3.connect(server.database) as database:
        database.execute("ALTER TABLE pipelines DROP COLUMN has_state")
        database.execute("PRAGMA user_version = 3")
    shutil.rmtree(tmp_path / "pipelines")
    second = again(laminar, tmp_path, server)
    wait_for(lambda: errors(second, pipeline), 20, second.run.describe)
    assert "the pipeline has had checkpoints" in json.dumps(errors(second, pipeline))
