"""Checkpoints in S3: the store against moto, through a gate that looks at every signature (moto does not) and can lose answers."""

import hashlib
import http.client
import os
import random
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fakes.kinesis_proxy import sigv4
from harness.laminar import binary
from harness.process import clean_environment, die_with_parent
from harness.servers import boto_client

SECRET = "secret/of+the=test"


class Gate:
    """Passes requests on to moto, one write at a time: moto looks whether an object exists and then writes it, without a lock."""

    def __init__(self, target_port):
        self.wrong = []  # what is wrong with signatures
        self.regions = []
        self.lose = 0  # so many answers to writes are lost: the connection is closed once moto has done its part
        self.lock = threading.Lock()
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                problem = sigv4.problem(self.command, self.path, self.headers, body, SECRET)
                if problem:
                    gate.wrong.append(f"{self.command} {self.path}: {problem}")
                gate.regions.append(sigv4.AUTHORIZATION.match(self.headers["Authorization"]).group(1).split("/")[2])
                with gate.lock:
                    moto = http.client.HTTPConnection("127.0.0.1", target_port, timeout=30)
                    moto.request(self.command, self.path, body, dict(self.headers))
                    answer = moto.getresponse()
                    data = answer.read()
                    moto.close()
                    if self.command == "PUT" and gate.lose > 0:
                        gate.lose -= 1
                        self.close_connection = True
                        return
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("connection", "transfer-encoding", "content-length", "date", "server"):
                        self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_DELETE = pass_on

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Store:
    """A process with the store in it: see test/blob_store."""

    def __init__(self, where, folder, endpoint=None, **variables):
        self.folder = Path(folder)
        environment = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "eu-west-1", "HOME": folder, **variables}
        if endpoint:
            environment["AWS_ENDPOINT_URL_S3"] = endpoint
        program = os.environ.get("LAMINAR_BLOB_STORE", str(Path(binary()).parent / "blob_store"))
        self.process = subprocess.Popen([program, where], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent,
                                        env=clean_environment(**{k: v for k, v in environment.items() if v is not None}))

    def ask(self, *words):
        self.begin(*words)
        return self.answer()

    def begin(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()

    def answer(self):
        return self.process.stdout.readline().rstrip("\n")

    def write(self, command, name, data):
        path = self.folder / f"in-{name}-{self.process.pid}"
        path.write_bytes(data)
        return self.ask(command, name, path)

    def read(self, name):
        path = self.folder / f"out-{self.process.pid}"
        answer = self.ask("get", name, path)
        return path.read_bytes() if answer == "ok" else answer

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(20) == 0


@pytest.fixture
def world(server_pool, tmp_path, new_name):
    """open(prefix) -> Store; with .s3 (boto3), .bucket, .gate."""
    moto = server_pool("moto")
    gate = Gate(moto.port)
    s3 = boto_client(moto.endpoint, "eu-west-1", service="s3")
    bucket = new_name("laminar-state")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    stores = []

    def start(prefix="app", **variables):
        stores.append(Store(variables.pop("where", f"s3://{bucket}/{prefix}"), str(tmp_path), variables.pop("endpoint", gate.url), **variables))
        return stores[-1]

    start.s3, start.bucket, start.gate = s3, bucket, gate
    yield start
    for store in stores:
        store.close()
    gate.close()
    assert gate.wrong == []


def test_what_one_client_writes_another_reads(world):
    store = world("a b/c+d=ä")
    data = random.Random(1).randbytes(100_000)
    key = "a b/c+d=ä/state-1"
    assert store.read("state-1") == "none"
    assert store.write("put", "state-1", data) == "ok"
    assert world.s3.get_object(Bucket=world.bucket, Key=key)["Body"].read() == data
    world.s3.put_object(Bucket=world.bucket, Key=key, Body=b"from boto3")
    assert store.read("state-1") == b"from boto3"
    assert store.write("put", "empty", b"") == "ok"
    assert store.read("empty") == b""
    assert store.ask("list", ".") == "entries empty=0 state-1=10"
    assert store.ask("delete", "state-1") == "ok"
    assert store.ask("delete", "state-1") == "ok"
    assert store.read("state-1") == "none"
    assert [o["Key"] for o in world.s3.list_objects_v2(Bucket=world.bucket)["Contents"]] == ["a b/c+d=ä/empty"]


def test_the_largest_blob(world):
    store = world()
    data = random.Random(2).randbytes(64 << 20)
    assert store.write("put", "state-1", data) == "ok"
    found = store.read("state-1")
    assert hashlib.sha256(found).digest() == hashlib.sha256(data).digest()


def test_listings_go_on_behind_the_first_thousand(world):
    store = world()
    for number in range(1_050):
        world.s3.put_object(Bucket=world.bucket, Key=f"app/state-{number}", Body=b"x" * (number % 7))
    world.s3.put_object(Bucket=world.bucket, Key="app/other/state-1", Body=b"")
    names = sorted(f"state-{number}" for number in range(1_050))
    assert store.ask("list", "state-") == "entries " + " ".join(f"{name}={int(name[6:]) % 7}" for name in names)
    assert store.ask("list", "state-104") == "entries " + " ".join(f"{name}={int(name[6:]) % 7}" for name in names if name.startswith("state-104"))


def test_of_many_processes_that_create_one_wins(world, tmp_path):
    stores = [world() for _ in range(4)]
    for index, store in enumerate(stores):
        (tmp_path / f"writer-{index}").write_text(f"writer {index}")
    for number in range(15):
        for index, store in enumerate(stores):
            store.begin("create", f"manifest-{number}", tmp_path / f"writer-{index}")
        answers = [store.answer() for store in stores]
        assert sorted(answers) == ["false"] * 3 + ["true"], answers
        assert stores[0].read(f"manifest-{number}") == f"writer {answers.index('true')}".encode()


def test_a_lost_answer_does_not_make_a_winner_a_loser(world):
    store, other = world(), world()
    world.gate.lose = 1
    assert store.write("create", "manifest-1", b"ours") == "true"
    assert other.write("create", "manifest-1", b"others") == "false"
    world.gate.lose = 2
    assert other.write("create", "manifest-1", b"others") == "false"
    assert store.read("manifest-1") == b"ours"
    world.gate.lose = 1
    assert store.write("put", "state-1", b"x") == "ok"


def test_a_missing_bucket_and_missing_credentials(world):
    answer = world(where="s3://no-such-bucket-here/app").ask("list", ".")
    assert answer.startswith("error environment NoSuchBucket cannot list s3://no-such-bucket-here/app/: there is no bucket no-such-bucket-here")
    assert answer.endswith("| Create it (aws s3 mb s3://no-such-bucket-here --region eu-west-1), or correct the bucket's name")
    answer = world(AWS_ACCESS_KEY_ID=None).ask("list", ".")
    assert answer.startswith("error environment NoCredentials cannot list s3://")


def test_without_a_region_the_first_one_is_asked(world):
    store = world(AWS_REGION=None)
    assert store.write("put", "state-1", b"x") == "ok"
    assert world.gate.regions == ["us-east-1"]


def test_a_directory_does_the_same(world, tmp_path):
    store = world(where=str(tmp_path / "state"))
    assert store.write("create", "manifest-1", b"ours") == "true"
    assert store.write("create", "manifest-1", b"others") == "false"
    assert store.read("manifest-1") == b"ours"
    assert store.ask("list", ".") == "entries manifest-1=4"
