"""Connection profiles, secrets, and which files the clients of a server may name."""

import json
import os
import sqlite3
import threading

import pytest
import requests

from harness.credential_world import SECRET, CredentialWorld
from harness.server import Server, told

KEY = "ab" * 32
PASSWORD = "open-sesame-7c1f"
PROFILE = {"name": "production", "connector": "kinesis", "config": {"awsRegion": "us-east-1", "awsRoleArn": "arn:aws:iam::123456789012:role/reader"}}
TABLE = {"name": "orders", "connector": "kinesis", "config": {"streamName": "orders", "type": {"offset": "latest"}}}
REGISTRY = {"schemaRegistry": {"endpoint": "http://127.0.0.1:1", "username": "laminar", "password": PASSWORD}}


@pytest.fixture
def server(laminar, tmp_path):
    return Server(laminar, tmp_path, environment={"LAMINAR_SECRET_KEY": KEY})


def made(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()


def details(answer):
    return answer.json()["error"]["details"]


def problems(server, query):
    return made(server.call("POST", "/v1/pipelines/validate_query", {"query": query}))["errors"]


def everything(server):
    """All that a secret could stand in: the database with its log, what the server printed, what it answers."""
    texts = [server.run.stderr, server.run.stdout, "\n".join(sqlite3.connect(server.database).iterdump())]
    texts += [path.read_bytes().decode("latin-1") for path in server.database.parent.glob("server.db*")]
    for path in ("connection_profiles", "connection_tables", "audit", "openapi.json", "connectors"):
        texts.append(server.call("GET", f"/v1/{path}").text)
    for profile in server.call("GET", "/v1/connection_profiles").json()["data"]:
        texts.append(server.call("GET", f"/v1/connection_profiles/{profile['id']}").text)
    return "\n".join(texts)


def test_a_profile_from_its_making_to_its_end(server):
    profile = made(server.call("POST", "/v1/connection_profiles", PROFILE))
    assert profile["id"].startswith("prof_") and profile["config"] == PROFILE["config"]
    path = f"/v1/connection_profiles/{profile['id']}"
    assert made(server.call("GET", path)) == profile and made(server.call("GET", "/v1/connection_profiles"))["data"] == [profile]
    assert "there is a connection profile named" in told(server.call("POST", "/v1/connection_profiles", PROFILE | {"name": "PRODUCTION"}), 409)
    # The options of the profile are the table's too; its own win.
    table = made(server.call("POST", "/v1/connection_tables", TABLE | {"connection_profile_id": profile["id"]}))
    assert table["config"] == TABLE["config"] and table["connection_profile_id"] == profile["id"]
    own = {**TABLE, "name": "own", "config": {**TABLE["config"], "aws_region": "eu-west-1"}, "connection_profile_id": profile["id"]}
    made(server.call("POST", "/v1/connection_tables", own))
    assert problems(server, "SELECT value FROM orders UNION ALL SELECT value FROM own") == []
    assert "used by the tables orders, own" in told(server.call("DELETE", path), 409)
    assert details(server.call("DELETE", path))["tables"] == ["orders", "own"]
    # A change is merged, and must leave the tables possible.
    changed = made(server.call("PATCH", path, {"name": "staging", "config": {"aws_region": "us-west-2", "awsExternalId": "x"}}))
    assert changed["name"] == "staging" and changed["config"] == {"awsRegion": "us-west-2", "awsRoleArn": PROFILE["config"]["awsRoleArn"], "awsExternalId": "x"}
    assert changed["updated_at"] >= profile["updated_at"] and changed["created_at"] == profile["created_at"]
    assert "orders, which uses the profile, could not be made any more" in told(server.call("PATCH", path, {"config": {"awsRoleArn": None}}), 422)
    assert made(server.call("PATCH", path, {"config": {"awsRoleArn": None, "awsExternalId": None}}))["config"] == {"awsRegion": "us-west-2"}
    assert told(server.call("PATCH", path, {"connector": "stdout"}), 422)
    for table in made(server.call("GET", "/v1/connection_tables"))["data"]:
        assert server.call("DELETE", f"/v1/connection_tables/{table['id']}").status_code == 204
    assert server.call("DELETE", path).status_code == 204
    for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"name": "x"})):
        told(server.call(method, path, body), 404)
    actions = [entry["action"] for entry in server.call("GET", "/v1/audit").json()["data"]]
    assert actions[0] == "deleteConnectionProfile" and actions[-1] == "createConnectionProfile" and actions.count("changeConnectionProfile") == 2


def test_profiles_that_cannot_be(server):
    def refused(**more):
        answer = server.call("POST", "/v1/connection_profiles", PROFILE | more)
        return told(answer, 422), details(answer).get("field")

    assert "there is no connector kafka" in refused(connector="kafka")[0]
    assert refused(config={"awsRegion": "us-east-1", "streamName": "x"}) == ("unknown option 'streamName'", "config.streamName")
    assert refused(config={"color": "red"})[1] == "config.color"
    assert refused(config={"aws_regin": "us-east-1"}) == ("unknown option 'aws_regin'", "config.aws_regin")
    answer = server.call("POST", "/v1/connection_profiles/test", {"connector": "kinesis", "config": {"awsRegin": "us-east-1"}})
    assert told(answer, 422) == "unknown option 'awsRegin'" and details(answer) == {"field": "config.awsRegin", "hint": "Did you mean 'awsRegion'?"}
    assert "neither a text" in refused(config={"awsRegion": ["x"]})[0]
    assert refused(config=REGISTRY)[1].startswith("config.schemaRegistry.")  # it is the tables' business
    assert refused(name="")[0] and refused(more=1)[0]
    assert "control characters" in refused(name="x\nprof_1")[0]
    for body, field in ((TABLE | {"connection_profile_id": "prof_none"}, "connection_profile_id"),):
        answer = server.call("POST", "/v1/connection_tables", body)
        assert "there is no connection profile prof_none" in told(answer, 422) and details(answer)["field"] == field
    other = made(server.call("POST", "/v1/connection_profiles", {"name": "other", "connector": "generator", "config": {}}))
    assert "of the connector generator" in told(server.call("POST", "/v1/connection_tables", TABLE | {"connection_profile_id": other["id"]}), 422)


def test_roles(server, laminar):
    viewer = laminar("token", "create", "--name", "v", "--database", server.database).expect(0).stdout.strip()
    profile = made(server.call("POST", "/v1/connection_profiles", PROFILE))
    assert made(server.call("GET", f"/v1/connection_profiles/{profile['id']}", token=viewer)) == profile
    for method, path, body in (("POST", "connection_profiles", PROFILE), ("PATCH", f"connection_profiles/{profile['id']}", {}), ("DELETE", f"connection_profiles/{profile['id']}", None),
                               ("POST", "connection_profiles/test", PROFILE), ("POST", "connection_tables/test", TABLE),
                               ("POST", "connection_tables/schemas/infer", TABLE), ("POST", "connection_tables/schemas/test", TABLE)):  # fmt: skip
        assert "needs editor" in told(server.call(method, f"/v1/{path}", body, token=viewer), 403)
        told(server.call(method, f"/v1/{path}", body, token=None), 401)


def test_secrets_are_encrypted_and_never_shown(server, laminar, tmp_path):
    config = {"awsAccessKeyId": "AKIDSECRET1", "awsSecretAccessKey": PASSWORD, "awsRegion": "us-east-1"}
    profile = made(server.call("POST", "/v1/connection_profiles", PROFILE | {"config": config}))
    assert profile["config"] == {"awsAccessKeyId": {"set": True}, "awsSecretAccessKey": {"set": True}, "awsRegion": "us-east-1"}
    own = made(server.call("POST", "/v1/connection_tables", TABLE | {"name": "own", "format": "avro", "config": TABLE["config"] | REGISTRY, "schema": {"fields": [{"name": "a", "data_type": "BIGINT"}]}}))
    assert own["config"]["schemaRegistry"]["password"] == {"set": True}
    made(server.call("POST", "/v1/connection_tables", TABLE | {"connection_profile_id": profile["id"], "format": "avro", "schema": {"fields": [{"name": "a", "data_type": "BIGINT"}]}}))
    path = f"/v1/connection_profiles/{profile['id']}"
    # What was shown may be sent back.
    assert made(server.call("PATCH", path, {"config": profile["config"] | {"awsRegion": "eu-west-1"}}))["config"]["awsSecretAccessKey"] == {"set": True}
    assert "nothing is known" in told(server.call("POST", "/v1/connection_profiles", PROFILE | {"name": "b", "config": {"awsSecretAccessKey": {"set": True}}}), 422)
    # In no answer to a query, right or wrong.
    answers = [server.call("POST", "/v1/pipelines/validate_query", {"query": query}).text
               for query in ("SELECT a FROM orders", "SELECT a FROM own", "SELECT nothing FROM own", "INSERT INTO own SELECT 1 AS a", "CREATE TABLE x (")]
    # A secret that is wrong is not quoted.
    answers.append(server.call("POST", "/v1/connection_profiles", PROFILE | {"name": "c", "config": {"awsSecretAccessKey": "{{ " + PASSWORD}}).text)
    answers.append(server.call("POST", "/v1/connection_tables", TABLE | {"name": "d", "config": {"awsSecretAccessKey": PASSWORD, "nothing": "x"}}).text)
    answers.append(server.call("POST", "/v1/connection_tables/test", TABLE | {"config": TABLE["config"] | {"endpoint": "http://127.0.0.1:1", "awsAccessKeyId": "AKIDSECRET1", "awsSecretAccessKey": PASSWORD, "awsRegion": "us-east-1"}}).text)
    answers.append(server.call("POST", "/v1/connection_profiles/test", PROFILE | {"config": {"awsAccessKeyId": "AKIDSECRET1", "awsSecretAccessKey": PASSWORD, "awsRegion": "us-east-1", "endpoint": "http://127.0.0.1:1"}}).text)
    found = everything(server) + "\n".join(answers)
    for secret in (PASSWORD, PASSWORD.encode().hex(), "AKIDSECRET1", KEY):
        assert secret not in found
    # It opens with the same key after a restart, from a file too; with another it says which it needs.
    assert server.run.stop() == 0
    (tmp_path / "key").write_text(KEY + "\n")
    (tmp_path / "key").chmod(0o600)
    again = Server(laminar, tmp_path, "--secret-key-file", tmp_path / "key")
    again.token = server.token
    assert "cannot be decrypted" not in again.run.stderr

    def checks(server):
        return {check["name"]: check for check in made(server.call("POST", "/v1/connection_profiles/test", {"id": profile["id"]}))["checks"]}

    assert made(again.call("PATCH", path, {"config": {"endpoint": "http://127.0.0.1:1"}}))
    assert set(checks(again)) == {"endpoint"} and "nothing answers" in checks(again)["endpoint"]["message"]
    assert again.run.stop() == 0
    # As systemd hands it to the unit.
    (tmp_path / "key").rename(tmp_path / "laminar.secret-key")
    unit = Server(laminar, tmp_path, environment={"CREDENTIALS_DIRECTORY": str(tmp_path)})
    unit.token = server.token
    assert set(checks(unit)) == {"endpoint"} and "cannot be decrypted" not in unit.run.stderr
    assert unit.run.stop() == 0
    for environment, key in (({"LAMINAR_SECRET_KEY": "cd" * 32}, "the server has the key"), ({}, "the server has no key")):
        other = Server(laminar, tmp_path, environment=environment)
        other.token = server.token
        assert "secrets in the database cannot be decrypted" in other.run.stderr
        found = checks(other)["secrets"]
        assert found["status"] == "failed" and key in found["message"] and PASSWORD not in json.dumps(found)
        assert made(other.call("GET", path))["config"]["awsSecretAccessKey"] == {"set": True}
        assert other.run.stop() == 0


def test_without_a_key_and_with_one_that_is_none(laminar, tmp_path):
    server = Server(laminar, tmp_path)
    answer = server.call("POST", "/v1/connection_profiles", PROFILE | {"config": {"awsSecretAccessKey": PASSWORD}})
    assert "has no key to encrypt it with" in told(answer, 422) and details(answer)["field"] == "config.awsSecretAccessKey"
    assert "--secret-key-file" in details(answer)["hint"] and "{{ env.NAME }}" in details(answer)["hint"]
    assert "no key" in told(server.call("POST", "/v1/connection_tables", TABLE | {"config": TABLE["config"] | {"awsSecretAccessKey": PASSWORD}}), 422)
    assert made(server.call("POST", "/v1/connection_profiles", PROFILE | {"config": {"awsAccessKeyId": "{{ env.ID }}", "awsSecretAccessKey": "{{ env.X }}"}}))
    assert PASSWORD not in everything(server)
    for environment, arguments in (({"LAMINAR_SECRET_KEY": "short"}, ()), ({}, ("--secret-key-file", tmp_path / "none"))):
        refused = laminar("serve", "--listen", "0", "--database", tmp_path / "b.db", *arguments, environment=environment).expect(2)
        assert "LAMINAR_SECRET_KEY is no key" in refused.stderr or "No such file" in refused.stderr
    (tmp_path / "key").write_text("not a key")
    assert "is no key: it takes 32 bytes" in laminar("serve", "--listen", "0", "--database", tmp_path / "b.db", "--secret-key-file", tmp_path / "key").expect(2).stderr


@pytest.fixture
def credentials():
    world = CredentialWorld()
    yield world
    world.stop()


def test_references_are_followed_when_something_is_made(laminar, tmp_path, credentials):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/inner").mkdir()
    (tmp_path / "outside").write_text(SECRET)
    (tmp_path / "secrets/inner/key").write_text("wrong\n")
    os.symlink(tmp_path / "outside", tmp_path / "secrets/link")
    server = Server(laminar, tmp_path, "--secrets-dir", tmp_path / "secrets",
                        environment={"KEY_ID": "AKIDPROFILE", "LAMINAR_SECRET_KEY": KEY, "LAMINAR_OTHER": "x"})
    config = {"awsRegion": "eu-north-1", "endpoint": credentials.url, "awsAccessKeyId": "{{ env.KEY_ID }}", "awsSecretAccessKey": "{{ file.inner/key }}"}
    profile = made(server.call("POST", "/v1/connection_profiles", PROFILE | {"config": config}))
    assert profile["config"] == config

    def asked(path, body):
        credentials.asked.clear()
        answer = made(server.call("POST", path, body))
        return credentials.asked, {check["name"]: check["status"] for check in answer["checks"]}

    # What signs is what the references name: a file that is changed counts from then on.
    (who, *_), _ = asked("/v1/connection_profiles/test", {"id": profile["id"]})
    assert who[:3] == ("AKIDPROFILE", None, "eu-north-1") and who[3]
    (tmp_path / "secrets/inner/key").write_text(SECRET + "\n")
    found, checks = asked("/v1/connection_profiles/test", {"id": profile["id"]})
    assert found == [("AKIDPROFILE", None, "eu-north-1", "")] or not found[0][3]
    table = TABLE | {"connection_profile_id": profile["id"]}
    found, checks = asked("/v1/connection_tables/test", table)
    assert not found[0][3] and checks["stream"] == "failed"
    # The table's own win; temporary keys have a token.
    (who, *_), _ = asked("/v1/connection_tables/test", table | {"config": TABLE["config"] | {"awsRegion": "us-west-2", "awsSessionToken": "tok/en"}})
    assert who[:3] == ("AKIDPROFILE", "tok/en", "us-west-2") and not who[3]
    # Nothing is looked up before: neither when they are kept nor when a query is checked.
    later = made(server.call("POST", "/v1/connection_tables", TABLE | {"config": TABLE["config"] | {"awsAccessKeyId": "{{ env.NONE }}", "awsSecretAccessKey": "{{ file.none }}"}}))
    assert problems(server, "SELECT value FROM orders") == []
    failed = made(server.call("POST", "/v1/connection_tables/test", {"id": later["id"]}))
    assert [check["name"] for check in failed["checks"]] == ["secrets"] and not failed["ok"] and "variable NONE" in failed["checks"][0]["message"]

    # What they may not be.
    def refused(option, value):
        answer = server.call("POST", "/v1/connection_tables", TABLE | {"name": "x", "config": TABLE["config"] | {option: value}})
        return told(answer, 422) + str(details(answer))

    for value in ("{{ env.LAMINAR_SECRET_KEY }}", "{{env.LAMINAR_OTHER}}", "${LAMINAR_SECRET_KEY}"):
        assert "which is the server's own" in refused("awsSecretAccessKey", value)
    for value in ("{{ file.../outside }}", "{{ file.link }}", f"{{{{ file.{tmp_path}/outside }}}}", "{{ file./etc/passwd }}", "{{ file.inner/../../outside }}"):
        assert "outside of that directory" in refused("awsSecretAccessKey", value)
    assert "is no reference" in refused("awsSecretAccessKey", "{{ vault.x }}") and "only secrets may be" in refused("awsRegion", "{{ env.REGION }}")
    assert "sealed" in refused("awsSecretAccessKey", "{{ sealed.00000000.prof_x.00 }}")

    # In scripts, with their place.
    def script(value, option="aws_secret_access_key"):
        return f"CREATE TABLE t (a BIGINT) WITH (connector = 'kinesis', stream_name = 's', 'source.offset' = 'latest',\n  aws_access_key_id = '{{{{ env.A }}}}', {option} = '{value}');\nSELECT a FROM t"

    assert problems(server, script("{{ env.NONE }}")) == []
    for value, why in (("{{ env.LAMINAR_X }}", "the server's own"), ("{{ file.link }}", "outside of that directory"), (PASSWORD, "stands in clear")):
        (problem,) = [each for each in problems(server, script(value)) if why in each["message"]]
        assert (problem["line"], problem["column"]) == (2, 38) and PASSWORD not in json.dumps(problem)
    assert any("only secrets may be" in each["message"] and each["line"] == 2 for each in problems(server, script("{{ env.X }}", "aws_region")))


def test_run_takes_any_reference(laminar, tmp_path, credentials):
    (tmp_path / "key").write_text(SECRET)
    script = (f"CREATE TABLE t (a BIGINT) WITH (connector = 'kinesis', stream_name = 's', 'source.offset' = 'latest', aws_region = 'us-east-1', endpoint = '{credentials.url}',\n"
              f"  aws_access_key_id = '{{{{ env.LAMINAR_ID }}}}', aws_secret_access_key = '{{{{ file.{tmp_path}/key }}}}');\nSELECT a FROM t;\n")
    laminar("check", script=script).expect(0)
    laminar("run", "--restarts", "0", script=script, environment={"LAMINAR_ID": "AKIDRUN"}).expect(1)
    assert credentials.asked[0] == ("AKIDRUN", None, "us-east-1", credentials.asked[0][3]) and not credentials.asked[0][3]
    refused = laminar("run", script=script).expect(2)
    assert "pipeline.sql:2:" in refused.stderr and "LAMINAR_ID" in refused.stderr and "is not set" in refused.stderr


def test_files_lie_where_the_server_allows(laminar, tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    (files / "orders.jsonl").write_text('{"id": 1}\n{"id": 2}\n')
    (tmp_path / "secret.jsonl").write_text('{"id": 7}\n')
    (tmp_path / "schema.json").write_text('{"type": "object"}')
    os.symlink(tmp_path / "secret.jsonl", files / "link.jsonl")
    os.mkfifo(files / "pipe.jsonl")
    server = Server(laminar, tmp_path, "--files-dir", files)
    fields = {"schema": {"fields": [{"name": "id", "data_type": "BIGINT"}]}}

    def table(path, **more):
        return {"name": "t", "connector": "single_file", "config": {"path": str(path)}, "table_type": "source", **fields, **more}

    for path in ("orders.jsonl", files / "orders.jsonl", "./x/../orders.jsonl"):
        found = made(server.call("POST", "/v1/connection_tables/test", table(path)))
        assert found["ok"] and found["rows"] == [{"id": 1}, {"id": 2}], found
    outside = ("../secret.jsonl", tmp_path / "secret.jsonl", "link.jsonl", "/etc/passwd", "/proc/self/environ", "/dev/stdin", "x/../../secret.jsonl")
    for path in outside:
        for use in ("source", "sink"):
            answer = server.call("POST", "/v1/connection_tables", table(path, table_type=use))
            assert "outside of that directory" in told(answer, 422) and "--files-dir" in details(answer)["hint"]
        (problem,) = problems(server, f"CREATE TABLE t (id BIGINT) WITH (connector = 'single_file',\n path = '{path}'); SELECT id FROM t")
        assert "outside of that directory" in problem["message"] and problem["line"] == 2
    assert "it is no path" in told(server.call("POST", "/v1/connection_tables", table("-")), 422)
    assert not made(server.call("POST", "/v1/connection_tables/test", table("pipe.jsonl")))["ok"]
    sink = made(server.call("POST", "/v1/connection_tables/test", table("new.jsonl", table_type="sink")))
    assert sink["ok"] and not (files / "new.jsonl").exists()
    # Dead letters, of both kinds, and schemas.
    kinesis = "CREATE TABLE t (id BIGINT) WITH (connector = 'kinesis', stream_name = 's', aws_region = 'us-east-1',\n"
    for script in (f"{kinesis} 'source.offset' = 'latest', bad_data = 'dead_letter', 'dead_letter.path' = '../x.jsonl'); SELECT id FROM t",
                   f"{kinesis} type = 'sink', 'sink.oversize' = 'dead_letter', 'dead_letter.path' = '../x.jsonl'); INSERT INTO t SELECT 1 AS id",
                   "CREATE TABLE t WITH (connector = 'single_file', path = 'orders.jsonl',\n format = 'json', 'json.schema_file' = '../schema.json'); SELECT * FROM t"):
        assert any("outside of that directory" in each["message"] for each in problems(server, script)), problems(server, script)
    without = Server(laminar, tmp_path / "files")
    assert "started without --files-dir" in told(without.call("POST", "/v1/connection_tables", table("orders.jsonl")), 422)
    assert "--files-dir" in laminar("serve", "--listen", "0", "--database", tmp_path / "c.db", "--files-dir", tmp_path / "none").expect(2).stderr


def test_changes_of_one_profile_at_a_time(server):
    profile = made(server.call("POST", "/v1/connection_profiles", PROFILE | {"config": {}}))
    path = f"/v1/connection_profiles/{profile['id']}"
    options = {"awsRegion": "eu-west-1", "endpoint": "http://127.0.0.1:1", "awsRoleArn": "arn:aws:iam::1:role/a", "awsExternalId": "x", "awsAccessKeyId": "a", "awsSecretAccessKey": "b"}
    codes = []
    threads = [threading.Thread(target=lambda each=each: codes.append(server.call("PATCH", path, {"config": dict([each])}).status_code)) for each in options.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [200] * len(options) and set(made(server.call("GET", path))["config"]) == set(options)


def test_the_document_describes_it(server):
    document = requests.get(server.base + "/v1/openapi.json", timeout=20).json()
    for path in ("/connection_profiles", "/connection_profiles/{id}", "/connection_profiles/test", "/connection_tables/test", "/connection_tables/schemas/infer", "/connection_tables/schemas/test"):
        assert path in document["paths"]
    assert "503" in document["paths"]["/connection_tables/test"]["post"]["responses"]
    kinesis = {each["id"]: each for each in server.call("GET", "/v1/connectors").json()["data"]}["kinesis"]["config_schema"]["properties"]
    assert kinesis["awsSecretAccessKey"]["writeOnly"] and kinesis["awsSecretAccessKey"]["x-connection"] and kinesis["streamName"]["x-connection"] is False
