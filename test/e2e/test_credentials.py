"""Where credentials come from: each link of the SDKs' chain, seen by a server that looks at the signature of what it is asked."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fakes.kinesis_proxy import sigv4

SECRET = "secret/of+the=test"
FOUND = {"AccessKeyId": "AKIDFOUND", "SecretAccessKey": SECRET, "Token": "token/of+the==session", "Expiration": "2099-01-01T00:00:00Z", "Code": "Success",
         "Type": "AWS-HMAC", "LastUpdated": "2026-01-01T00:00:00Z"}


class World:
    """Container and instance metadata, and a Kinesis that knows no stream but remembers who asked."""

    def __init__(self):
        self.asked = []  # (access key id, session token, what is wrong with the signature)
        world = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status, body, kind="application/json"):
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_PUT(self):
                assert self.path == "/latest/api/token"
                self.answer(200, b"imds-token", "text/plain")

            def do_GET(self):
                if self.path == "/container":
                    self.answer(200 if self.headers.get("Authorization") == "container-token" else 403, FOUND)
                elif self.headers.get("X-aws-ec2-metadata-token") != "imds-token":
                    self.answer(401, b"", "text/plain")
                elif self.path.rstrip("/") == "/latest/meta-data/iam/security-credentials":
                    self.answer(200, b"the-role", "text/plain")
                elif self.path == "/latest/meta-data/iam/security-credentials/the-role":
                    self.answer(200, FOUND)
                elif self.path == "/latest/meta-data/placement/region":
                    self.answer(200, b"eu-north-1", "text/plain")
                else:
                    self.answer(404, b"", "text/plain")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                found = sigv4.AUTHORIZATION.match(self.headers["Authorization"])
                wrong = sigv4.problem("POST", self.path, self.headers, body, SECRET)
                key, _, region = found.group(1).split("/")[:3]
                world.asked.append((key, self.headers.get("X-Amz-Security-Token"), region, wrong))
                self.answer(400, {"__type": "ResourceNotFoundException", "message": "no such stream"}, "application/x-amz-json-1.1")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def world():
    world = World()
    yield world
    world.server.shutdown()
    world.server.server_close()


NOTHING = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1"}


def ask(laminar, world, **environment):
    """Who asked Kinesis when `laminar tail` ran in that environment: the one (key, token, region)."""
    laminar("tail", "none", environment={**NOTHING, "AWS_ENDPOINT_URL_KINESIS": world.url, **environment}).expect(1)
    assert world.asked, "Kinesis was not asked"
    assert [wrong for *_, wrong in world.asked if wrong] == []
    (who,) = {(key, token, region) for key, token, region, _ in world.asked}
    return who


def test_environment(laminar, world):
    who = ask(laminar, world, AWS_ACCESS_KEY_ID="AKIDENV", AWS_SECRET_ACCESS_KEY=SECRET, AWS_SESSION_TOKEN="a+b=")
    assert who == ("AKIDENV", "a+b=", "us-east-1")


def test_profile_files(laminar, world, tmp_path):
    (tmp_path / "credentials").write_text(f"[other]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = x\n"
                                          f"[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = {SECRET}\n")
    (tmp_path / "config").write_text("[profile work]\nregion = eu-west-3\n")
    who = ask(laminar, world, AWS_PROFILE="work", AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / "credentials"), AWS_CONFIG_FILE=str(tmp_path / "config"),
              AWS_REGION=None)
    assert who == ("AKIDWORK", None, "eu-west-3")


def test_container(laminar, world):
    who = ask(laminar, world, AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{world.url}/container", AWS_CONTAINER_AUTHORIZATION_TOKEN="container-token")
    assert who == ("AKIDFOUND", FOUND["Token"], "us-east-1")


def test_instance_metadata(laminar, world):
    who = ask(laminar, world, AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=world.url, AWS_REGION=None)
    assert who == ("AKIDFOUND", FOUND["Token"], "eu-north-1")


def test_environment_goes_before_the_instance(laminar, world):
    who = ask(laminar, world, AWS_ACCESS_KEY_ID="AKIDENV", AWS_SECRET_ACCESS_KEY=SECRET, AWS_EC2_METADATA_DISABLED="false",
              AWS_EC2_METADATA_SERVICE_ENDPOINT=world.url)
    assert who == ("AKIDENV", None, "us-east-1")
