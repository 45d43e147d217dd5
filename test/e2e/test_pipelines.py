"""Pipelines over REST: made, started, stopped, changed, killed with the server, and gone on with."""

import base64
import concurrent.futures
import json
import time

import pytest
from harness import sql
from harness.process import wait_for
from harness.server import Server, told
from harness.streams import StreamReader, create_stream, put_all

GENERATOR = """CREATE TABLE readings (
    device BIGINT AS (i % 3),
    celsius DOUBLE AS (20 + i % 10),
    ts TIMESTAMP AS (TIMESTAMP '2026-01-01' + to_seconds(i)),
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (connector = 'generator', {options});
"""
ENDLESS = GENERATOR.format(options="rows_per_second = 200")
SOME = GENERATOR.format(options="rows = 100")


@pytest.fixture
def server(laminar, tmp_path):
    return Server(laminar, tmp_path)


@pytest.fixture
def kinesis(quick_server):
    return quick_server


@pytest.fixture
def kinesis_server(laminar, tmp_path, kinesis):
    return Server(laminar, tmp_path, endpoint=kinesis.endpoint)


def table(name, stream, kind, fields=(("id", "BIGINT"),)):
    config = {"streamName": stream, "awsRegion": "us-east-1", "type": {"offset": "earliest"} if kind == "source" else {"batchFlushIntervalMillis": 100}}
    return {"name": name, "connector": "kinesis", "config": config, "schema": {"fields": [{"name": n, "data_type": t} for n, t in fields]}}


def test_a_pipeline_on_tables_from_rest_moves_records(kinesis_server, kinesis, new_name):
    server, client = kinesis_server, kinesis.client()
    source, sink = new_name("events"), new_name("processed")
    for stream in (source, sink):
        create_stream(client, stream, shards=2)
    server.ok("POST", "/connection_tables", table("events_stream", source, "source"))
    made = server.ok("POST", "/connection_tables", table("processed_events", sink, "sink"))
    pipeline = server.create("copy", "INSERT INTO processed_events SELECT id * 2 AS id FROM events_stream WHERE id % 2 = 0")
    assert pipeline["id"].startswith("pipe_") and pipeline["desired_state"] == "running"
    assert [node["operator"] for node in pipeline["graph"]["nodes"]][0] == "Source events_stream"
    running = server.wait_state(pipeline, "Running")
    put_all(client, source, [json.dumps({"id": n}) for n in range(1000)])
    reader = StreamReader(client, sink)
    found = sorted(json.loads(record.data)["id"] for record in reader.read_until(500))
    assert found == [4 * n for n in range(500)]
    # A table that a pipeline names stays.
    assert "copy" in told(server.call("DELETE", f"/v1/connection_tables/{made['id']}"), 409)
    metrics = server.ok("GET", f"/jobs/{running['job_id']}/metrics")
    assert metrics["totals"]["rows_in"] == 1000 and metrics["totals"]["rows_out"] == 500
    assert [source["table"] for source in metrics["sources"]] == ["events_stream"]
    server.ok("PATCH", f"/pipelines/{pipeline['id']}", {"stop": "checkpoint"})
    server.wait_state(pipeline, "Stopped")
    checkpoints = server.ok("GET", f"/jobs/{running['job_id']}/checkpoints")["data"]
    assert checkpoints and not checkpoints[0]["damaged"] and checkpoints[0]["sources"][0]["table"] == "events_stream"
    one = server.ok("GET", f"/jobs/{running['job_id']}/checkpoints/{checkpoints[0]['id']}")
    assert one["number"] == checkpoints[0]["number"] and "parts" in one
    told(server.call("GET", f"/v1/jobs/{running['job_id']}/checkpoints/chk_999"), 404)
    # It goes on behind what it has read.
    put_all(client, source, [json.dumps({"id": n}) for n in range(1000, 1010)])
    server.ok("PATCH", f"/pipelines/{pipeline['id']}", {"stop": "none"})
    found = sorted(json.loads(record.data)["id"] for record in reader.read_until(505))
    assert found[-5:] == [2 * n for n in range(1000, 1010, 2)]
    assert [job["state"] for job in server.ok("GET", f"/pipelines/{pipeline['id']}/jobs")["data"]] in (["Running", "Stopped"], ["Scheduling", "Stopped"])


def test_states_of_a_pipeline(server):
    made = server.create("later", SOME + "SELECT device FROM readings", start=False)
    assert made["state"] == "Created" and made["job_id"] is None and made["desired_state"] == "stopped"
    server.ok("PATCH", f"/pipelines/{made['id']}", {"stop": "none"})
    done = server.wait_state(made, "Finished")
    assert done["desired_state"] == "stopped" and len(server.output(made)["rows"]) == 100
    endless = server.create("endless", ENDLESS + "CREATE TABLE out WITH (connector = 'blackhole'); INSERT INTO out SELECT device FROM readings")
    server.wait_state(endless, "Running")
    assert "runs" in told(server.call("DELETE", f"/v1/pipelines/{endless['id']}"), 409)
    listed = server.ok("GET", "/pipelines")["data"]
    assert [(each["name"], each["state"]) for each in listed] == [("later", "Finished"), ("endless", "Running")]
    stopped = server.ok("POST", f"/jobs/{server.pipeline(endless)['job_id']}/stop", {"mode": "immediate", "timeout_seconds": 20})
    assert stopped["state"] == "Stopped" and stopped["finished_at"]
    server.ok("DELETE", f"/pipelines/{endless['id']}")
    told(server.call("GET", f"/v1/pipelines/{endless['id']}"), 404)
    told(server.call("GET", f"/v1/jobs/{stopped['id']}"), 404)
    actions = [entry["action"] for entry in server.ok("GET", "/audit")["data"]]
    assert actions[:3] == ["deletePipeline", "stopJob", "createPipeline"]


@pytest.mark.parametrize("mode", ["checkpoint", "graceful", "immediate", "force"])
def test_stop_modes(server, mode):
    query = ENDLESS + "SELECT count(*) AS n, TUMBLE_START(ts, INTERVAL '100000' SECOND) AS start FROM readings GROUP BY TUMBLE(ts, INTERVAL '100000' SECOND)"
    pipeline = server.create("windows", query)
    running = server.wait_state(pipeline, "Running")
    wait_for(lambda: server.ok("GET", f"/jobs/{running['job_id']}/metrics")["totals"]["rows_in"] > 50, 20, "rows")
    assert server.ok("PATCH", f"/pipelines/{pipeline['id']}", {"stop": mode})["stop"] == mode
    server.wait_state(pipeline, "Stopped")
    output = server.output(pipeline)
    wait_for(lambda: server.output(pipeline)["done"], 20, "the end of the output")
    # Only the end of the input gives out the window that is open.
    assert len(output["rows"]) == (1 if mode == "graceful" else 0), output
    checkpoints = server.ok("GET", f"/jobs/{running['job_id']}/checkpoints")["data"]
    if mode == "graceful":
        assert checkpoints[0]["finished"]
    if mode == "checkpoint":
        assert not checkpoints[0]["finished"]


def test_what_is_wrong_with_a_pipeline(server):
    def refused(status, **body):
        return server.call("POST", "/v1/pipelines", {"name": "x", "query": "SELECT 1 AS one"} | body), status

    answer, _ = refused(422, query="SELECT 1,\n  nothing FROM nowhere")
    assert answer.status_code == 422 and answer.json()["error"]["details"]["errors"][0]["line"] == 2
    assert "a pipeline has a name" in told(server.call("POST", "/v1/pipelines", {"query": "SELECT 1 AS one"}), 422)
    for wrong in ({"parallelism": 0}, {"parallelism": 1000}, {"checkpoint_interval_micros": 1}, {"name": ""}, {"color": 1}, {"memory_limit_bytes": 1},
                  {"restarts_per_hour": -1}, {"query": 7}, {"query": ""}):  # fmt: skip
        told(server.call("POST", "/v1/pipelines", {"name": "x", "query": "SELECT 1 AS one"} | wrong), 422)
    assert "the server's own" in told(server.call("POST", "/v1/pipelines", {"name": "x", "query": "SELECT 1 AS one", "memory_limit_bytes": 1 << 45}), 422)
    server.create("x", "SELECT 1 AS one")
    assert "named X" in told(server.call("POST", "/v1/pipelines", {"name": "X", "query": "SELECT 1 AS one"}), 409)
    other = server.create("y", "SELECT 1 AS one")
    assert "named x" in told(server.call("PATCH", f"/v1/pipelines/{other['id']}", {"name": "x"}), 409)
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/restart"), ("GET", "/jobs")):
        told(server.call(method, f"/v1/pipelines/pipe_none{path}", {} if method == "PATCH" else None), 404)
    for path in ("", "/metrics", "/errors", "/checkpoints", "/checkpoints/chk_1", "/output", "/logs"):
        told(server.call("GET", f"/v1/jobs/job_none{path}"), 404)
    told(server.call("POST", "/v1/jobs/job_none/stop", {"mode": "checkpoint"}), 404)
    told(server.call("PATCH", f"/v1/pipelines/{other['id']}", {"stop": "maybe"}), 422)


def test_a_pipeline_that_fails_says_why(kinesis_server):
    server = kinesis_server
    failing = server.create("missing", "CREATE TABLE s (id BIGINT) WITH (connector = 'kinesis', stream_name = 'no-such-stream', aws_region = 'us-east-1', type = 'source', 'source.offset' = 'latest');\n"
                                       "SELECT id FROM s")  # fmt: skip
    failed = server.wait_state(failing, "Failed")
    assert "no-such-stream" in failed["failure_message"] and failed["desired_state"] == "stopped"
    error = server.ok("GET", f"/jobs/{failed['job_id']}/errors")["data"][0]
    assert error["kind"] == "failure" and "no-such-stream" in error["message"] and error["hint"]
    assert any("no-such-stream" in json.dumps(line) for line in server.ok("GET", f"/jobs/{failed['job_id']}/logs")["lines"])
    # It is told in words of the API, and starts again when it is asked to.
    assert "--" not in error["message"] + error["hint"].replace("--stream-name", "").replace("--region", "").replace("--shard-count", "")
    again = server.ok("POST", f"/pipelines/{failing['id']}/restart")
    assert again["job_id"] != failed["job_id"]
    server.wait_state(failing, "Failed")


def test_bad_records_are_shown(kinesis_server, kinesis, new_name):
    server, client = kinesis_server, kinesis.client()
    stream = new_name("bad")
    create_stream(client, stream)
    pipeline = server.create("bad", f"CREATE TABLE s (id BIGINT) WITH (connector = 'kinesis', stream_name = '{stream}', aws_region = 'us-east-1', type = 'source', "
                                    "'source.offset' = 'earliest', format = 'json', bad_data = 'drop'); SELECT id FROM s")  # fmt: skip
    running = server.wait_state(pipeline, "Running")
    put_all(client, stream, [json.dumps({"id": 1}), '{"id": "no number"}', json.dumps({"id": 2})])

    def errors():
        return server.ok("GET", f"/jobs/{running['job_id']}/errors")["data"]

    wait_for(lambda: errors() and len(server.output(pipeline)["rows"]) == 2, 30, lambda: server.run.describe())
    error = errors()[0]
    assert error["kind"] == "bad_record" and error["table"] == "s" and "BIGINT" in error["message"]
    assert stream in error["record"]["stream"] and error["record"]["shard_id"].startswith("shardId-") and error["record"]["sequence_number"]
    assert base64.b64decode(error["record"]["data_base64"]) == b'{"id": "no number"}' and error["record"]["text"] == '{"id": "no number"}'


def test_a_changed_query(server):
    pipeline = server.create("change", ENDLESS + "SELECT device, count(*) AS n, TUMBLE_START(ts, INTERVAL '10' SECOND) AS s FROM readings GROUP BY device, TUMBLE(ts, INTERVAL '10' SECOND)",
                             checkpoint_interval_micros=100_000)  # fmt: skip
    running = server.wait_state(pipeline, "Running")
    wait_for(lambda: server.ok("GET", f"/jobs/{running['job_id']}/checkpoints")["data"], 20, "a checkpoint")
    path = f"/v1/pipelines/{pipeline['id']}"
    other_keys = ENDLESS + "SELECT celsius, count(*) AS n, TUMBLE_START(ts, INTERVAL '10' SECOND) AS s FROM readings GROUP BY celsius, TUMBLE(ts, INTERVAL '10' SECOND)"
    answer = server.call("PATCH", path, {"query": other_keys})
    assert "the script has changed" in told(answer, 409) and "fresh" in answer.json()["error"]["details"]["hint"]
    assert "nothing" in told(server.call("PATCH", path, {"query": "SELECT nothing"}), 422)
    # What fits is taken, and runs from the next start on.
    renamed = pipeline["query"].replace("AS n", "AS rows")
    changed = server.ok("PATCH", f"/pipelines/{pipeline['id']}", {"query": renamed, "name": "changed", "parallelism": 2})
    assert changed["query"] == renamed and changed["running_query"] == pipeline["query"] and changed["name"] == "changed"
    server.ok("POST", f"/pipelines/{pipeline['id']}/restart")
    again = server.wait_state(pipeline, "Running")
    assert again["running_query"] == renamed and again["job_id"] != running["job_id"]
    wait_for(lambda: any("rows" in row["row"] for row in server.output(pipeline)["rows"]), 30, server.run.describe)
    # What does not fit begins anew.
    server.ok("PATCH", f"/pipelines/{pipeline['id']}", {"query": other_keys, "fresh": True})
    server.ok("POST", f"/pipelines/{pipeline['id']}/restart")
    wait_for(lambda: any("celsius" in row["row"] for row in server.output(pipeline)["rows"]), 30, server.run.describe)


def test_a_preview(kinesis_server, kinesis, new_name):
    """Its rows go nowhere but to who asks; nobody sees it in the list; it is gone when it is deleted."""
    server, client = kinesis_server, kinesis.client()
    source, sink = new_name("seen"), new_name("untouched")
    for stream in (source, sink):
        create_stream(client, stream)
    put_all(client, source, [json.dumps({"id": n}) for n in range(10)])
    server.ok("POST", "/connection_tables", table("seen", source, "source"))
    server.ok("POST", "/connection_tables", table("untouched", sink, "sink"))
    preview = server.ok("POST", "/pipelines", {"query": "INSERT INTO untouched SELECT id + 1 AS id FROM seen", "preview": True})
    job = preview["job_id"]
    events = server.call("GET", f"/v1/jobs/{job}/output", headers={"Accept": "text/event-stream"}, stream=True)
    rows, lines = [], events.iter_lines(decode_unicode=True)
    for line in lines:
        if line.startswith("data: "):
            rows.append(json.loads(line[6:]))
        if len(rows) == 10:
            break
    assert [row["row"]["id"] for row in rows] == list(range(1, 11)) and {row["table"] for row in rows} == {"untouched"}
    assert [row["number"] for row in rows] == list(range(1, 11))
    assert server.ok("GET", "/pipelines")["data"] == [] and server.ok("GET", "/jobs")["data"] == []
    assert server.ok("GET", f"/jobs/{job}")["preview"]
    server.ok("DELETE", f"/pipelines/{preview['id']}?force=true")
    assert "event: done" in list(lines)
    told(server.call("GET", f"/v1/jobs/{job}"), 404)
    assert not StreamReader(client, sink).read_to_tip()


def test_a_preview_does_not_run_away(server):
    preview = server.ok("POST", "/pipelines", {"query": GENERATOR.format(options="rows = 100000000") + "SELECT device FROM readings", "preview": True})
    wait_for(lambda: server.output(preview)["rows"], 20, "rows")
    before, cpu = server.output(preview), server.run.cpu_seconds()
    time.sleep(2)  # what it does in a time is the point
    after = server.ok("GET", f"/jobs/{preview['job_id']}/metrics")["totals"]["rows_out"]
    assert after < 20_000 and server.run.cpu_seconds() - cpu < 1.5, (before["last"], after)


def test_a_killed_server_goes_on(laminar, tmp_path, kinesis, new_name):
    """kill -9 with ten pipelines that run: all go on, and their outputs are complete."""
    client = kinesis.client()
    source = new_name("feed")
    create_stream(client, source, shards=2)
    sinks = [new_name("copy") for _ in range(10)]
    for sink in sinks:
        create_stream(client, sink)
    server = Server(laminar, tmp_path, endpoint=kinesis.endpoint)
    token = server.token
    server.ok("POST", "/connection_tables", table("feed", source, "source"))
    pipelines = []
    for n, sink in enumerate(sinks):
        server.ok("POST", "/connection_tables", table(f"copy_{n}", sink, "sink"))
        pipelines.append(server.create(f"copy {n}", f"INSERT INTO copy_{n} SELECT id + {n} AS id FROM feed", checkpoint_interval_micros=500_000))
    stopped = server.create("stays stopped", "SELECT id FROM feed", start=False)
    for pipeline in pipelines:
        server.wait_state(pipeline, "Running")
    put_all(client, source, [json.dumps({"id": n}) for n in range(500)])
    server.kill()
    put_all(client, source, [json.dumps({"id": n}) for n in range(500, 700)])
    again = Server(laminar, tmp_path, endpoint=kinesis.endpoint)
    again.token = token
    for pipeline in pipelines:
        now = again.wait_state(pipeline, "Running")
        job = again.ok("GET", f"/jobs/{now['job_id']}")
        assert job["run_id"] == 2, job
    assert again.pipeline(stopped)["state"] == "Created"
    for n, sink in enumerate(sinks):
        reader, ids = StreamReader(client, sink), set()

        def complete():
            ids.update(json.loads(record.data)["id"] for record in reader.poll())
            return len(ids) == 700

        wait_for(complete, 40, lambda: f"700 rows, have {len(ids)}: {again.run.describe()}")
        assert ids == set(range(n, 700 + n))
    # A graceful end is none of the pipelines'.
    assert again.run.stop(timeout=60) == 0
    third = Server(laminar, tmp_path, endpoint=kinesis.endpoint)
    third.token = token
    for pipeline in pipelines:
        third.wait_state(pipeline, "Running")


def test_a_server_that_stops_is_not_ready(laminar, tmp_path, kinesis, proxy_for, new_name):
    sink = new_name("slow")
    create_stream(kinesis.client(), sink)
    proxy = proxy_for(kinesis.endpoint)
    server = Server(laminar, tmp_path, endpoint=proxy.endpoint)
    server.ok("POST", "/connection_tables", table("slow", sink, "sink"))
    proxy.rules({"operation": "PutRecords", "action": "error", "status": 503, "code": "ServiceUnavailableException"})
    server.wait_state(server.create("waits", ENDLESS + "INSERT INTO slow SELECT device AS id FROM readings"), "Running")
    assert server.call("GET", "/readyz", token=None).text == "ok\n"
    server.run.process.terminate()
    # Its last checkpoint waits for rows that the stream does not take.
    wait_for(lambda: server.call("GET", "/readyz", token=None).status_code == 503, 20, server.run.describe)
    assert server.call("GET", "/v1/readyz", token=None).status_code == 503 and server.call("GET", "/healthz", token=None).text == "ok\n"
    assert "stopping" in told(server.call("POST", "/v1/pipelines", {"name": "late", "query": SOME + "SELECT device FROM readings"}), 503)
    proxy.rules()
    server.run.process.wait(timeout=60)
    assert server.run.process.returncode == 0, server.run.describe()
    again = Server(laminar, tmp_path, endpoint=proxy.endpoint)
    again.token = server.token
    assert [each["name"] for each in again.ok("GET", "/pipelines")["data"]] == ["waits"]


def test_one_that_fails_or_spins_does_not_harm_the_others(server):
    good = server.create("good", ENDLESS + "SELECT device FROM readings")
    server.wait_state(good, "Running")
    # As fast as it can, and one that holds more than it may.
    spinning = server.create("spinning", GENERATOR.format(options="rows = 100000000000") + "CREATE TABLE out WITH (connector = 'blackhole'); INSERT INTO out SELECT device FROM readings")
    hungry = server.create("hungry", GENERATOR.format(options="rows = 100000000000") +
                           "SELECT string_agg(repeat('x', 1000), '') AS s FROM readings GROUP BY TUMBLE(ts, INTERVAL '300000' DAY)", memory_limit_bytes=128 << 20)  # fmt: skip
    failed = server.wait_state(hungry, "Failed", timeout=60)
    assert "memory" in failed["failure_message"], failed
    server.wait_state(spinning, "Running")
    before = server.output(good)["last"]
    wait_for(lambda: server.output(good)["last"] > before + 100 or server.output(good)["dropped"], 20, server.run.describe)
    assert server.pipeline(good)["state"] == "Running" and server.call("GET", "/v1/ping").elapsed.total_seconds() < 1
    server.ok("POST", f"/jobs/{server.pipeline(spinning)['job_id']}/stop", {"mode": "checkpoint", "timeout_seconds": 20})
    assert server.pipeline(spinning)["state"] == "Stopped"


def test_a_hundred_pipelines(server):
    """Start, run, stop: memory and threads stay within a bound."""
    def status(field):
        lines = open(f"/proc/{server.run.pid}/status").read().splitlines()
        return int(next(line for line in lines if line.startswith(field)).split()[1])

    threads, memory = status("Threads:"), status("VmRSS:")
    made = [server.create(f"p{n}", GENERATOR.format(options="rows_per_second = 10") + f"CREATE TABLE out WITH (connector = 'blackhole'); INSERT INTO out SELECT device + {n} AS d FROM readings")
            for n in range(100)]  # fmt: skip
    def all_in(state):
        pages = [server.ok("GET", f"/pipelines?limit=50&offset={offset}")["data"] for offset in (0, 50)]
        return all(each["state"] == state for page in pages for each in page)

    wait_for(lambda: all_in("Running"), 60, server.run.describe)
    more_threads, more_memory = status("Threads:") - threads, status("VmRSS:") - memory
    print(f"100 pipelines: {more_threads} threads and {more_memory // 1024} MiB more")
    assert more_threads <= 300 and more_memory < 600 << 10, (more_threads, more_memory)
    for pipeline in made:
        server.ok("PATCH", f"/pipelines/{pipeline['id']}", {"stop": "checkpoint"})
    wait_for(lambda: all_in("Stopped"), 60, server.run.describe)
    wait_for(lambda: status("Threads:") <= threads + 2, 20, lambda: f"{status('Threads:')} threads, {threads} before")


def test_its_log_is_followed(server):
    pipeline = server.create("logged", SOME + "SELECT device FROM readings")
    done = server.wait_state(pipeline, "Finished")
    lines = server.ok("GET", f"/jobs/{done['job_id']}/logs")["lines"]
    assert lines and [line["number"] for line in lines] == list(range(1, len(lines) + 1)) and "a job has ended" in [line["message"] for line in lines]
    events = server.call("GET", f"/v1/jobs/{done['job_id']}/logs", headers={"Accept": "text/event-stream"}).text
    assert events.count("event: line") == len(lines) and events.rstrip().endswith("event: done\ndata: {}")


def test_an_edit_fits_the_state_that_a_pipeline_will_have(laminar, tmp_path, kinesis, proxy_for, new_name):
    """Before its first checkpoint, too: what it has begun with is what its state will be of."""
    stream, sink = new_name("edited"), new_name("edited-out")
    for name in (stream, sink):
        create_stream(kinesis.client(), name)
    proxy = proxy_for(kinesis.endpoint)
    proxy.rules({"action": "error", "status": 503, "code": "ServiceUnavailableException"})
    server = Server(laminar, tmp_path, endpoint=proxy.endpoint)
    columns = "id BIGINT, kind BIGINT, ts TIMESTAMP METADATA FROM 'arrival_time', WATERMARK FOR ts AS ts"
    tables = sql.source("edited", columns, stream) + sql.sink("counts", "k BIGINT, n BIGINT", sink)

    def counting(keys):
        return tables + f"INSERT INTO counts SELECT id AS k, count(*) AS n FROM edited GROUP BY {keys}, TUMBLE(ts, INTERVAL '1' DAY)"

    def edit(query, **more):
        return server.call("PATCH", f"/v1/pipelines/{pipeline['id']}", {"query": query} | more)

    def runs(query):
        now = server.pipeline(pipeline)
        return now["running_query"] == query and now["state"] == "Running"

    pipeline = server.create("edited", counting("id"))
    server.wait_state(pipeline, "Scheduling")
    refused = edit(counting("id, kind"))
    assert "has changed since its start, and its state does not fit" in told(refused, 409) and refused.json()["error"]["details"]["field"] == "query"
    fits = counting("id").replace("count(*) AS n", "count(*) * 2 AS n")
    assert edit(fits).status_code == 200
    proxy.rules()
    server.wait_state(pipeline, "Running")
    server.ok("POST", f"/pipelines/{pipeline['id']}/restart")
    wait_for(lambda: runs(fits), 30, server.run.describe)
    assert "has changed since checkpoint" in told(edit(counting("id, kind")), 409)
    # Anew on demand.
    assert edit(counting("id, kind"), fresh=True).status_code == 200
    server.ok("POST", f"/pipelines/{pipeline['id']}/restart")
    wait_for(lambda: runs(counting("id, kind")), 30, server.run.describe)


def test_changes_of_one_pipeline_at_a_time(server):
    """A slow change holds up the next one of the same pipeline; what both answered is so."""
    slow = SOME + "SELECT " + ", ".join(f"device + {n} AS c{n}" for n in range(1500)) + " FROM readings"

    def race(first, second):
        with concurrent.futures.ThreadPoolExecutor(2) as both:
            before = both.submit(first)
            time.sleep(0.1)  # the second comes while the first compiles; what is asserted holds in either order
            after = both.submit(second)
            return before.result().status_code, after.result().status_code

    path = lambda pipeline: f"/v1/pipelines/{pipeline['id']}"
    one = server.create("one", ENDLESS + "SELECT device FROM readings", start=False)
    assert race(lambda: server.call("PATCH", path(one), {"query": slow, "fresh": True}), lambda: server.call("PATCH", path(one), {"parallelism": 2, "name": "renamed"})) == (200, 200)  # fmt: skip
    changed = server.pipeline(one)
    assert (changed["query"], changed["parallelism"], changed["name"]) == (slow, 2, "renamed")
    two = server.create("two", ENDLESS + "SELECT device FROM readings")
    server.wait_state(two, "Running")
    assert race(lambda: server.call("PATCH", path(two), {"query": ENDLESS + slow[len(SOME):], "fresh": True}), lambda: server.call("PATCH", path(two), {"stop": "checkpoint"})) == (200, 200)  # fmt: skip
    assert server.wait_state(two, "Stopped")["desired_state"] == "stopped"
    # One that is deleted in between leaves no job behind, and is deleted once.
    three = server.create("three", ENDLESS + "SELECT device FROM readings", start=False)
    first, second = race(lambda: server.call("PATCH", path(three), {"query": slow, "stop": "none"}), lambda: server.call("DELETE", path(three) + "?force=true"))
    assert (first, second) in ((200, 204), (404, 204)) and server.call("DELETE", path(three) + "?force=true").status_code == 404
    assert three["id"] not in [job["pipeline_id"] for job in server.ok("GET", "/jobs")["data"]]
    assert server.run.stop() == 0


def test_first_requests_at_the_same_time(laminar, tmp_path):
    for n in range(3):
        (tmp_path / str(n)).mkdir()
        server = Server(laminar, tmp_path / str(n))
        with concurrent.futures.ThreadPoolExecutor(12) as many:
            checked = list(many.map(lambda _: server.call("POST", "/v1/pipelines/validate_query", {"query": SOME + "SELECT device FROM readings"}).json(), range(24)))
        assert all(each["valid"] for each in checked), checked
        assert server.run.stop() == 0
