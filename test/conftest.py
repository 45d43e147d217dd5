"""Fixtures: Kinesis servers (one of a kind and region for the whole run), streams with names of their own, the proxy, the binary."""

import itertools

import pytest


@pytest.fixture(scope="session")
def server_pool():
    """start(name, region, **more): the running server of that kind; started on first use, stopped at the end."""
    from harness.servers import SERVERS

    running = {}

    def start(name, region="us-east-1", **more):
        cls = SERVERS[name]
        if cls.missing():
            pytest.skip(cls.missing())
        key = (name, region if cls.one_region else "*", tuple(sorted(more.items())))
        if key not in running:
            running[key] = cls(region=region, **more)
        running[key].process.check_alive()
        return running[key]

    yield start
    for server in running.values():
        server.stop()


@pytest.fixture(params=["kinesis-local", "kinesalite", "ferrokinesis"])
def any_server(request, server_pool):
    """Each of the three in turn."""
    return server_pool(request.param)


@pytest.fixture
def ferrokinesis(server_pool):
    return server_pool("ferrokinesis")


@pytest.fixture(scope="session")
def quick_server(server_pool):
    """A fast server that is there on every machine."""
    return server_pool("kinesalite")


_numbers = itertools.count(1)


@pytest.fixture
def new_name():
    """new_name("orders") -> a stream name that nobody used before."""
    return lambda base: f"{base}-{next(_numbers)}"


@pytest.fixture
def laminar():
    """laminar("run", script=..., endpoint=...): starts the binary; whatever still runs at the end of the test is killed."""
    from harness.laminar import Laminar

    runs = []

    def start(*arguments, **more):
        runs.append(Laminar(arguments, **more))
        return runs[-1]

    yield start
    for run in runs:
        run.kill()


@pytest.fixture
def proxy_for():
    """proxy_for(server endpoint, or {region: endpoint}): a fault proxy in front of it."""
    from harness.proxy import FaultProxy

    proxies = []

    def start(upstreams, **more):
        proxies.append(FaultProxy(upstreams, **more))
        return proxies[-1]

    yield start
    for proxy in proxies:
        proxy.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """(certificate file, key file) of `localhost` and 127.0.0.1, signed by itself."""
    from harness.certificates import self_signed

    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def schema_registry(server_pool):
    """A client of a Confluent registry that we did not write."""
    from harness.registry import RegistryClient

    return RegistryClient(server_pool("apicurio").endpoint)


@pytest.fixture
def gate_for(schema_registry):
    """gate_for(): a gate in front of the registry that can fail as registries do."""
    from harness.registry import Gate

    gates = []

    def start(**more):
        gates.append(Gate(f"http://{schema_registry.host}", **more))
        return gates[-1]

    yield start
    for gate in gates:
        gate.close()
