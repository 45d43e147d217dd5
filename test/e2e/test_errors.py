"""Every error that a user is likely to meet: the exit code, and a message that names cause and remedy in at most two lines."""

import json
import re

import pytest

from harness.process import free_port
from harness.sql import copy, printed, sink, source
from harness.streams import create_stream, put_all


@pytest.fixture(scope="module")
def stream(quick_server):
    """A stream with a few good rows, and one to write to."""
    client = quick_server.client()
    create_stream(client, "errors-in", 1)
    create_stream(client, "errors-out", 1)
    put_all(client, "errors-in", [b'{"n": %d, "k": "x"}' % n for n in range(10)])
    return "errors-in"


def assert_complains(run, code, *words, timeout=60):
    """Ends with the code; says one `error:` line and at most one `hint:` line, and in them all the words, case aside."""
    run.expect(code, timeout)
    said = [line for line in run.stderr_lines if re.match(r"(\S+: )?error: |hint: ", line)]
    assert 1 <= len(said) <= 2 and "error: " in said[0], f"not one error with one hint: {run.describe()}"
    text = "\n".join(said)
    for word in words:
        assert re.search(word, text, re.IGNORECASE), f"{word!r} is not said:\n{run.describe()}"
    return said


# --- the service


def test_no_such_stream(quick_server, stream, laminar):
    run = laminar("run", script=printed("orderz"), endpoint=quick_server.endpoint)
    assert_complains(run, 1, "orderz", "us-east-1", "(no|not).*(stream|found|exist)", "create|check|stream_name|aws_region")
    run = laminar("run", script=copy(stream, "replicaz"), endpoint=quick_server.endpoint)
    assert_complains(run, 1, "replicaz", "us-east-1")


def test_no_credentials(quick_server, stream, laminar):
    run = laminar("run", script=printed(stream), endpoint=quick_server.endpoint, environment={"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None})
    assert_complains(run, 1, "credentials", "AWS_ACCESS_KEY_ID|AWS_PROFILE|profile|aws configure")


@pytest.mark.parametrize("code, cause, remedy", [
    ("ExpiredTokenException", "expired", "credentials|token|log in|session"),
    ("AccessDeniedException", "denied|not allowed|not authorized", "policy|permission|allow|kinesis:"),
    ("UnrecognizedClientException", "credentials|access key|token", "AWS_|key|credentials"),
])
@pytest.mark.parametrize("operation", ["*", "GetRecords", "PutRecords"])
def test_refused(quick_server, stream, proxy_for, laminar, operation, code, cause, remedy):
    proxy = proxy_for(quick_server.endpoint)
    rule = {"action": "error", "code": code, "message": "User: arn:aws:iam::000000000000:user/test is not authorized (the service's own words)"}
    proxy.rules(rule if operation == "*" else dict(rule, operation=operation))
    run = laminar("run", script=copy(stream, "errors-out"), endpoint=proxy.endpoint)
    assert_complains(run, 1, cause, remedy, "errors-in|errors-out")


def test_wrong_region(quick_server, stream, proxy_for, laminar):
    """The service of a region refuses a signature for another one."""
    proxy = proxy_for({"us-east-1": quick_server.endpoint})
    run = laminar("run", script=printed(stream, aws_region="eu-north-1"), endpoint=proxy.endpoint)
    assert_complains(run, 1, "eu-north-1", "region")


def test_no_region(quick_server, stream, laminar):
    run = laminar("run", script=printed(stream, aws_region=None), endpoint=quick_server.endpoint)
    assert_complains(run, 2, "region", "aws_region|AWS_REGION")


def test_region_from_the_environment(quick_server, stream, laminar):
    script = printed(stream, aws_region=None)
    run = laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint, environment={"AWS_REGION": "us-east-1"}).expect(0)
    assert len(run.rows()) == 10


ROLE = "arn:aws:iam::123456789012:role/stream-reader"


@pytest.fixture
def roles(server_pool, quick_server, proxy_for):
    """(proxy in front of Kinesis and STS, environment that leads to both)"""
    proxy = proxy_for({"*": quick_server.endpoint, "sts": server_pool("moto").endpoint})
    return proxy, {"AWS_ENDPOINT_URL": proxy.endpoint, "AWS_ENDPOINT_URL_STS": proxy.endpoint}


def test_role_that_can_be_assumed(roles, stream, laminar):
    """The streams of a table with a role are read with the role's credentials, those of a table without with one's own."""
    proxy, environment = roles
    script = source("i", "n BIGINT, k TEXT", stream, aws_role_arn=ROLE, aws_external_id="x-1") + "SELECT * FROM i;"
    run = laminar("run", "--until-caught-up", script=script, environment=environment).expect(0)
    assert len(run.rows()) == 10
    report = proxy.report()
    assert report["requests"]["AssumeRole"] == 1 and len(report["access_keys"]) == 2 and "test" in report["access_keys"]


def test_role_that_cannot_be_assumed(roles, stream, laminar):
    proxy, environment = roles
    proxy.rules({"action": "error", "operation": "AssumeRole", "status": 403, "code": "AccessDenied",
                 "message": f"User: arn:aws:iam::123456789012:user/test is not authorized to perform: sts:AssumeRole on resource: {ROLE}"})
    run = laminar("run", script=printed(stream, aws_role_arn=ROLE), environment=environment)
    assert_complains(run, 1, "stream-reader", "assume|role", "trust|policy|sts:AssumeRole")


def test_certificate_not_trusted(server_pool, certificate, laminar):
    server = server_pool("ferrokinesis", tls=certificate)
    run = laminar("run", script=printed("any"), endpoint=server.endpoint)
    assert_complains(run, 1, "certificate|TLS", "trust|CA|certificate", timeout=45)


def test_endpoint_unreachable(laminar):
    port = free_port()
    run = laminar("run", script=printed("any"), endpoint=f"http://127.0.0.1:{port}")
    assert_complains(run, 1, f"127.0.0.1:{port}", "connect|reach|refused", "endpoint|AWS_ENDPOINT_URL|network", timeout=60)


def test_endpoint_unknown_host(laminar):
    run = laminar("run", script=printed("any"), endpoint="http://no-such-host.invalid:4566")
    assert_complains(run, 1, "no-such-host.invalid", "resolve|host|DNS|reach", timeout=60)


# --- the script


def test_unknown_option(laminar):
    run = laminar("run", script=source("t", "n BIGINT", "s", **{"source.ofset": "latest"}) + "SELECT * FROM t;")
    assert_complains(run, 2, "source.ofset", "source.offset", r"\d+")


@pytest.mark.parametrize("command", ["run", "check", "explain"])
def test_a_value_for_a_name_that_the_script_does_not_use(laminar, command):
    run = laminar(command, "--set", "least=1", "--set", "leats=2", script=source("t", "n BIGINT", "s") + "SELECT * FROM t WHERE n > $least;")
    assert_complains(run, 2, "--set leats", "did you mean least")


@pytest.mark.parametrize("option, value, bound", [("sink.records_per_batch", "501", "500"), ("sink.batch_max_buffer_size", "4000001", "4000000"),
                                                  ("recordsPerBatch", "501", "500"), ("type.batchMaxBufferSize", "4000001", "4000000")])
def test_out_of_range(laminar, option, value, bound):
    """In the spelling that the user wrote."""
    quoted = f"'{option}'" if "." in option else option
    script = source("t", "n BIGINT", "in") + (f"CREATE TABLE o (n BIGINT) WITH (connector = 'kinesis', stream_name = 'out', aws_region = 'us-east-1', "
                                              f"type = 'sink', format = 'json', {quoted} = '{value}');\nINSERT INTO o SELECT * FROM t;")
    run = laminar("run", script=script)
    assert_complains(run, 2, re.escape(option), value, bound)


def test_misspelt_column(laminar):
    run = laminar("run", script=source("t", "temperature DOUBLE", "s") + "\nSELECT temprature FROM t;")
    line = (source("t", "temperature DOUBLE", "s") + "\nSELECT temprature").count("\n") + 1
    assert_complains(run, 2, "temprature", "temperature", rf":{line}:8\b|line {line}.*column 8")


def test_misspelt_table(laminar):
    run = laminar("run", script=source("sensors", "t DOUBLE", "s") + "SELECT * FROM sensor;")
    assert_complains(run, 2, "sensor", "sensors")


def test_syntax_error(laminar):
    text = source("t", "n BIGINT", "s") + "\n  SELEKT n FROM t;"
    line = text.count("\n") + 1
    assert_complains(laminar("run", script=text), 2, "SELEKT", rf":{line}:3\b|line {line}.*column 3")
    text = source("t", "n BIGINT", "s") + "SELECT n,\n  n + FROM t;"
    line = text.count("\n") + 1
    assert_complains(laminar("run", script=text), 2, "syntax|FROM", rf":{line}:\d+|line {line}")


def test_no_such_file(laminar):
    assert_complains(laminar("run", "nowhere.sql"), 2, "nowhere.sql", "no such file|not found|cannot|does not exist")


@pytest.mark.parametrize("statement", [
    "SELECT * FROM read_csv('{file}');", "SELECT * FROM read_text('{file}');", "SELECT * FROM '{file}';", "SELECT * FROM glob('*');",
    "COPY (SELECT 1) TO '{file}.out';", "ATTACH '{file}.db';", "INSTALL httpfs;", "LOAD httpfs;", "PRAGMA database_list;", "SET enable_external_access = true;",
    "SET threads = 8;", "EXPORT DATABASE '{file}';", "CALL duckdb_settings();", "SELECT getenv('HOME') FROM t;", "SELECT * FROM duckdb_secrets();",
    "CREATE TABLE g (x TEXT AS (current_setting('memory_limit'))) WITH (connector = 'generator', rows = 1); SELECT * FROM g;",
    "CREATE SECRET x (TYPE s3);", "UPDATE t SET n = 1;", "DROP TABLE t;"])
def test_sandbox(laminar, tmp_path, statement):
    """A script reaches files and the network through connectors only, and says so when it plans."""
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\nthis-is-secret,2\n")
    before = set(tmp_path.iterdir())
    run = laminar("run", script=source("t", "n BIGINT", "s") + statement.format(file=secret), cwd=tmp_path)
    run.expect(2)
    assert "this-is-secret" not in run.stdout + run.stderr
    assert set(tmp_path.iterdir()) == before


# --- the data


@pytest.fixture
def bad_stream(quick_server, new_name):
    def make(*data):
        client = quick_server.client()
        name = new_name("bad")
        create_stream(client, name, 1)
        put_all(client, name, [b'{"n": 1, "k": "good"}', *data])
        return name

    return make


POSITION = (r"shardId-000000000000", r"4\d{20,}")  # shard and sequence number


@pytest.mark.parametrize("data, words", [
    (b'{"n": 2, "k": ', ["JSON"]),
    (b"\xff\xfe not json", ["JSON|UTF-8"]),
    (b'{"n": "many", "k": "x"}', [r"\bn\b", "BIGINT"]),
    (b'{"n": 99999999999999999999, "k": "x"}', [r"\bn\b", "BIGINT"]),
], ids=["cut off", "no JSON", "type", "range"])
def test_bad_data(quick_server, bad_stream, laminar, data, words):
    name = bad_stream(data, b'{"n": 3, "k": "good"}')
    run = laminar("run", "--until-caught-up", script=printed(name), endpoint=quick_server.endpoint)
    assert_complains(run, 1, name, *POSITION, "bad_data", *words)
    # Dropped on request, and counted.
    run = laminar("run", "--until-caught-up", script=printed(name, bad_data="drop"), endpoint=quick_server.endpoint).expect(0)
    assert [row["n"] for row in run.rows()] == [1, 3]


def test_null_in_a_not_null_column(quick_server, bad_stream, laminar):
    for data in (b'{"k": "no n"}', b'{"n": null, "k": "null n"}'):
        name = bad_stream(data)
        run = laminar("run", "--until-caught-up", script=printed(name, columns="n BIGINT NOT NULL, k TEXT"), endpoint=quick_server.endpoint)
        assert_complains(run, 1, name, *POSITION, r"\bn\b", "NOT NULL")


def test_null_for_a_not_null_sink(quick_server, stream, bad_stream, laminar):
    name = bad_stream(b'{"k": "no n"}')
    script = source("i", "n BIGINT, k TEXT", name) + sink("o", "n BIGINT NOT NULL, k TEXT", "errors-out") + "INSERT INTO o SELECT * FROM i;"
    assert_complains(laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint), 1, r"table o: column n is NOT NULL")


@pytest.mark.parametrize("format", ["json", "csv", "parquet", "avro"])
def test_a_file_that_cannot_hold_a_row_says_which_table(laminar, tmp_path, format):
    script = (f"CREATE TABLE good (n BIGINT NOT NULL) WITH (connector = 'single_file', path = '{tmp_path}/good', format = '{format}');\n"
              f"CREATE TABLE bad (n BIGINT NOT NULL) WITH (connector = 'single_file', path = '{tmp_path}/bad', format = '{format}');\n"
              "INSERT INTO good SELECT 1;\nINSERT INTO bad SELECT CAST(NULL AS BIGINT);\n")  # fmt: skip
    assert_complains(laminar("run", script=script), 1, "table bad: column n is NOT NULL")


def test_expression_that_fails(quick_server, bad_stream, laminar):
    """The row is found among the good ones and named by its position in the stream and in the SQL."""
    name = bad_stream(*[b'{"n": %d, "k": "%d"}' % (n, n) for n in range(5000)], b'{"n": 5000, "k": "not a number"}')
    text = source("t", "n BIGINT, k TEXT", name) + "SELECT n,\n       CAST(k AS INTEGER) FROM t WHERE n >= 2;"
    line = text.count("\n") + 1
    run = laminar("run", "--until-caught-up", script=text, endpoint=quick_server.endpoint)
    assert_complains(run, 1, "not a number", *POSITION, rf":{line}:|line {line}")
    run = laminar("run", "--until-caught-up", script=text.replace("format = 'json'", "format = 'json', bad_data = 'drop'"), endpoint=quick_server.endpoint).expect(0)
    assert len(run.rows()) == 4998


def test_record_too_large(quick_server, stream, bad_stream, laminar):
    name = bad_stream(b'{"n": 2, "k": "%s"}' % (b"x" * 700_000))
    script = source("i", "n BIGINT, k TEXT", name) + sink("o", "n BIGINT, k TEXT", "errors-out") + "INSERT INTO o SELECT n, k || k FROM i;"
    run = laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint)
    said = assert_complains(run, 1, "errors-out", r"1,?400,?0\d\d|1\.4", r"1,?048,?576|1 MiB|1 MB")
    assert max(map(len, said)) < 1000


def test_json_log(quick_server, stream, laminar):
    """--log-format json: every line of stderr is a JSON object."""
    run = laminar("run", "--until-caught-up", "--log-format", "json", script=printed(stream), endpoint=quick_server.endpoint).expect(0)
    said = [json.loads(line) for line in run.stderr_lines if line.startswith("{")]
    done = next(line for line in said if line["message"] == "done")
    assert isinstance(done["rows_in"], int) and isinstance(done["elapsed_ms"], int), done


def test_json_log_of_a_failure(quick_server, bad_stream, laminar):
    """Numbers are numbers, and what is not known is left out."""
    run = laminar("run", "--until-caught-up", "--log-format", "json", script=printed(bad_stream(b"not json")), endpoint=quick_server.endpoint).expect(1)
    said = [json.loads(line) for line in run.stderr_lines if line.startswith("{")]
    assert any(line["message"] == "failed" and line["rows_out"] == 0 for line in said), said
    error = next(line for line in said if line["level"] == "error")
    assert "bad data" in error["message"] and "bad_data = 'drop'" in error["hint"] and "line" not in error, error
    run = laminar("run", "--log-format", "json", script=printed("x", aws_region=None), endpoint=quick_server.endpoint).expect(2)
    error = next(json.loads(line) for line in run.stderr_lines if '"error"' in line)
    assert isinstance(error["line"], int) and isinstance(error["column"], int), error


def test_tail_speaks_of_its_own_options(quick_server, laminar):
    """tail and put have no table: their errors name none, and say what to write on the command line."""
    run = laminar("tail", "orders", endpoint=quick_server.endpoint)
    said = assert_complains(run, 2, "no AWS region for stream orders", "--region")
    assert "table input" not in "".join(said)
