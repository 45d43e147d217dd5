"""kill -9 at random moments, with reshards under way: nothing is missing, and in exactly_once nothing comes twice. Longer: scripts/soak kills."""

import contextlib

import pytest

from harness.crashes import crash
from harness.reshards import reshard_with_restarts
from harness.servers import SERVERS

KILLS = 3
PAGES = ["replication", "iot", "clickstream", "fraud"]


@pytest.fixture
def endpoint(request, proxy_for):
    """Of a server that serves the regions of the page."""
    cls = SERVERS["ferrokinesis"]
    if cls.missing():
        pytest.skip(cls.missing())
    with contextlib.ExitStack() as running:
        yield proxy_for({region: running.enter_context(cls(region=region)).endpoint for region in ("us-east-1", "us-west-2", "eu-west-1")}).endpoint


@pytest.mark.parametrize("mode", ["at_least_once", "exactly_once"])
@pytest.mark.parametrize("name", PAGES)
def test_kills(endpoint, name, mode):
    crash(name, mode, endpoint, KILLS, seed=PAGES.index(name) * 2 + (mode == "exactly_once"))


@pytest.mark.parametrize("name", ["kinesalite", "kinesis-local", "ferrokinesis"])
def test_generations_of_shards(name):
    cls = SERVERS[name]
    if cls.missing():
        pytest.skip(cls.missing())
    with cls() as server:
        reshard_with_restarts(server, 3_000)
