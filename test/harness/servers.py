"""Kinesis servers that we did not write, each on its own free port. None is complete: the class attributes say what a test must know."""

import os
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

from harness.process import Process, clean_environment, free_port, wait_for


def boto_client(endpoint, region, service="kinesis", verify=None, access_key="test", secret_key="test"):
    config = Config(retries={"max_attempts": 3, "mode": "standard"}, connect_timeout=5, read_timeout=30, max_pool_connections=20)
    return boto3.client(service, endpoint_url=endpoint, region_name=region, aws_access_key_id=access_key, aws_secret_access_key=secret_key,
                        config=config, verify=verify)


class Server:
    name = ""
    one_region = True             # start one for each region
    shows_lag = False             # MillisBehindLatest tells the truth; else it is always 0
    many_records = True           # fit for 100,000 records and for latency figures
    grace = 2.0                   # seconds from SIGTERM to SIGKILL
    start_timeout = 40            # seconds

    def __init__(self, region="us-east-1", tls=None):
        """tls: (certificate file, key file), where the server can do TLS."""
        self.region = region
        self.tls = tls
        for attempt in range(3):
            self.port = free_port()
            self.process = Process(self.command(), environment=clean_environment(**self.environment()), cwd=self.cwd(), name=self.name)
            try:
                wait_for(self.answers, self.start_timeout, f"{self.name} on port {self.port}", pause=0.05)
                return
            except (TimeoutError, RuntimeError):
                output = self.process.output()
                self.process.stop(0)
                if attempt == 2:
                    raise RuntimeError(f"{self.name} does not start:\n{output[-2000:]}") from None

    @classmethod
    def missing(cls):
        """Why it cannot be started here; "" if it can."""
        return ""

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def cwd(self):
        return None

    @property
    def endpoint(self):
        return f"{'https' if self.tls else 'http'}://{'localhost' if self.tls else '127.0.0.1'}:{self.port}"

    def answers(self):
        self.process.check_alive()
        try:
            self.client().list_streams(Limit=1)
            return True
        except Exception:  # whatever a server that is still starting does
            return False

    def client(self, region=None):
        return boto_client(self.endpoint, region or self.region, verify=self.tls[0] if self.tls else None)

    def stop(self):
        self.process.stop(self.grace)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def node_modules():
    return os.environ.get("LAMINAR_TEST_NODE_MODULES", "")


class KinesisLocal(Server):
    """Knows regions and lag, but takes only some hundred records a second, and more than 500 in a request."""

    name = "kinesis-local"
    one_region = False
    shows_lag = True
    many_records = False
    grace = 0  # it does not listen to SIGTERM

    @classmethod
    def missing(cls):
        return "" if os.path.isdir(f"{node_modules()}/kinesis-local") else "kinesis-local is not installed: run scripts/test-servers"

    def command(self):
        self.tls_port = free_port()
        return ["node", "main.js"]

    def cwd(self):
        return f"{node_modules()}/kinesis-local"  # it opens ./server.json

    def environment(self):
        durations = {f"{what}_DURATION": "20ms" for what in ("CREATE_STREAM", "DELETE_STREAM", "MERGE_SHARDS", "SPLIT_SHARD", "UPDATE_SHARD_COUNT")}
        return dict(durations, KINESIS_MOCK_PLAIN_PORT=self.port, KINESIS_MOCK_TLS_PORT=self.tls_port, SHARD_LIMIT=1000, LOG_LEVEL="ERROR",
                    AWS_REGION=self.region)


class Kinesalite(Server):
    """5,000 records a second in, 11,000 out; no ChildShards, and it mangles CBOR."""

    name = "kinesalite"

    @classmethod
    def missing(cls):
        return "" if os.path.isdir(f"{node_modules()}/kinesalite") else "kinesalite is not installed: run scripts/test-servers"

    def command(self):
        return ["node", f"{node_modules()}/kinesalite/cli.js", "--port", self.port, "--createStreamMs", 20, "--deleteStreamMs", 20, "--updateStreamMs", 20,
                "--shardLimit", 1000]

    def environment(self):
        return {"AWS_REGION": self.region}


class Ferrokinesis(Server):
    """17,000 records a second in, 50,000 out; CBOR, HTTP/2, TLS; arrival times in whole seconds."""

    name = "ferrokinesis"
    extra = ()

    @classmethod
    def missing(cls):
        path = os.environ.get("LAMINAR_TEST_FERROKINESIS", "")
        return "" if path and os.path.exists(path) else "ferrokinesis is not installed: run scripts/test-servers crates"

    def command(self):
        tls = ["--tls-cert", self.tls[0], "--tls-key", self.tls[1]] if self.tls else []
        return [os.environ["LAMINAR_TEST_FERROKINESIS"], "--port", self.port, "--region", self.region, "--create-stream-ms", 20, "--delete-stream-ms", 20,
                "--update-stream-ms", 20, "--shard-limit", 1000, "--log-level", "error", *tls, *self.extra]


class ThrottlingFerrokinesis(Ferrokinesis):
    """Refuses records over 1 MB/s or 1,000 records/s a shard, as AWS does; iterators live 2 seconds."""

    extra = ("--enforce-limits", "true", "--iterator-ttl-seconds", "2")


class Moto(Server):
    """S3, STS and Glue (its Kinesis loses records)."""

    name = "moto"

    def command(self):
        return [sys.executable, "-m", "moto.server", "-p", self.port]

    def answers(self):
        self.process.check_alive()
        try:
            return http_get(f"{self.endpoint}/moto-api/")[0] == 200
        except OSError:
            return False


class Apicurio(Server):
    """A schema registry with Confluent's API under /apis/ccompat/v7, in memory. It starts in 15 s on an idle machine."""

    name = "apicurio"
    one_region = False
    start_timeout = 150

    @classmethod
    def missing(cls):
        path = os.environ.get("LAMINAR_TEST_REGISTRY", "")
        return "" if path and os.path.isdir(path) and shutil.which("java") else "Apicurio Registry is not installed: run scripts/test-servers maven"

    def command(self):
        jar = next(Path(os.environ["LAMINAR_TEST_REGISTRY"]).glob("*-runner.jar"))
        return ["java", "-Xmx512m", "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={self.port}", "-jar", jar]

    def answers(self):
        self.process.check_alive()
        try:
            return http_get(f"{self.endpoint}/apis/ccompat/v7/subjects")[0] == 200
        except OSError:
            return False


SERVERS = {cls.name: cls for cls in (KinesisLocal, Kinesalite, Ferrokinesis, Moto, Apicurio)}


def http_get(url):
    """Status and body of a GET, errors included."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
