"""kill -9 at random moments, with reshards under way: nothing is missing, and in exactly_once nothing comes twice. Longer: scripts/soak kills."""

import contextlib
import json

import pytest

from harness.crashes import crash
from harness.laminar import Laminar
from harness.reshards import reshard_with_restarts
from harness.servers import SERVERS, boto_client
from harness.streams import StreamReader, create_stream

KILLS = 3
PAGES = ["replication", "iot", "clickstream", "fraud"]


@pytest.fixture
def world(proxy_for):
    """A proxy in front of servers for the regions of the page, which holds every request against Kinesis' limits; and the servers, by region."""
    cls = SERVERS["ferrokinesis"]
    if cls.missing():
        pytest.skip(cls.missing())
    with contextlib.ExitStack() as running:
        servers = {region: running.enter_context(cls(region=region)).endpoint for region in ("us-east-1", "us-west-2", "eu-west-1")}
        yield proxy_for(servers), servers


@pytest.mark.parametrize("mode", ["at_least_once", "exactly_once"])
@pytest.mark.parametrize("name", PAGES)
def test_kills(world, name, mode):
    proxy, _ = world
    crash(name, mode, proxy.endpoint, KILLS, seed=PAGES.index(name) * 2 + (mode == "exactly_once"))
    proxy.assert_clean(may_send_again=mode == "at_least_once")


@pytest.mark.parametrize("mode", ["at_least_once", "exactly_once"])
def test_kills_while_rows_are_aggregated(world, mode):
    proxy, _ = world
    crash("iot", mode, proxy.endpoint, KILLS, seed=60 + (mode == "exactly_once"), aggregation="kpl")
    proxy.assert_clean(may_send_again=mode == "at_least_once")


HARM = [{"action": "drop_answer", "operation": "PutRecords", "fraction": 0.2}, {"action": "fail_records", "operation": "PutRecords", "fraction": 0.2, "record_fraction": 0.5},
        {"action": "error", "operation": "PutRecords", "status": 500, "code": "InternalFailure", "fraction": 0.1}, {"action": "reset", "fraction": 0.03},
        {"action": "garbage", "operation": "GetRecords", "fraction": 0.05}, {"action": "drop_answer", "operation": "GetRecords", "fraction": 0.05}]


@pytest.mark.parametrize("mode", ["at_least_once", "exactly_once"])
def test_kills_while_answers_are_lost(world, mode):
    """A PutRecords that took effect and got no answer is not sent again in exactly_once, by the live process neither."""
    proxy, servers = world
    proxy.rules(*HARM, secret="test")
    crash("replication", mode, proxy.endpoint, KILLS, seed=40 + (mode == "exactly_once"), direct=servers)
    proxy.assert_clean(may_send_again=mode == "at_least_once")


def test_a_damaged_checkpoint_under_exactly_once(world, tmp_path):
    """Rows of the damaged epoch may have been sent: refused, unless duplicates are accepted."""
    proxy, servers = world
    client = boto_client(servers["us-east-1"], "us-east-1")
    create_stream(client, "numbers", 1)
    script = tmp_path / "pipeline.sql"
    script.write_text("""
CREATE TABLE made (n BIGINT AS (i)) WITH (connector = 'generator', type = 'source', rows_per_second = 1000, rows = 100000);
CREATE TABLE numbers (n BIGINT) WITH (connector = 'kinesis', stream_name = 'numbers', aws_region = 'us-east-1', type = 'sink', format = 'json',
    'sink.delivery' = 'exactly_once', 'sink.fence_wait' = '100ms');
INSERT INTO numbers SELECT n FROM made;
""")

    def start(*arguments):
        return Laminar(["run", "--state-dir", tmp_path / "state", "--checkpoint-interval", "200ms", *arguments, script], endpoint=proxy.endpoint)

    def manifests():
        return sorted((tmp_path / "state").glob("manifest-*"))

    reader = StreamReader(client, "numbers")
    with start() as run:
        reader.read_until(1000)
        run.process.kill()
        run.process.wait()
    newest = manifests()[-1]
    newest.write_bytes(newest.read_bytes()[:-1])
    with start() as run:
        assert run.wait() == 1, run.describe()
        assert str(newest) in run.stderr and "--accept-duplicates" in run.stderr, run.describe()
    reader.read_to_tip()
    with start("--accept-duplicates") as run:
        before = len(reader.records)
        reader.read_until(before + 1000)
        assert run.stop() == 0, run.describe()
    reader.read_to_tip()
    numbers = sorted({json.loads(r.data)["n"] for r in reader.records})
    assert numbers == list(range(len(numbers))), "rows are missing"


@pytest.mark.parametrize("name", ["kinesalite", "kinesis-local", "ferrokinesis"])
def test_generations_of_shards(name):
    cls = SERVERS[name]
    if cls.missing():
        pytest.skip(cls.missing())
    with cls() as server:
        reshard_with_restarts(server, 3_000)
