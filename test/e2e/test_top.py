"""`laminar top`: printed once, again and again, and on a terminal."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

import pytest
from harness.client import Client
from harness.laminar import binary
from harness.process import free_port, wait_for
from harness.server import Server

ENDLESS = """CREATE TABLE readings (
    device BIGINT AS (i % 3),
    ts TIMESTAMP AS (TIMESTAMP '2026-01-01' + to_seconds(i)),
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (connector = 'generator', rows_per_second = 200);
SELECT device, count(*) AS n, TUMBLE_START(ts, INTERVAL '10' SECOND) AS s FROM readings GROUP BY device, TUMBLE(ts, INTERVAL '10' SECOND);
"""


@pytest.fixture
def server(laminar, tmp_path):
    return Server(laminar, tmp_path, "--listen", free_port())


@pytest.fixture
def client(server):
    return Client(server)


class Terminal:
    """A command on a terminal of its own, of 100 columns and 24 lines; what it has written to it."""

    def __init__(self, client, *arguments, rows=24):
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 100, 0, 0))
        self.before = termios.tcgetattr(theirs)
        self.theirs = theirs
        self.written = b""
        self.process = subprocess.Popen([binary(), *arguments], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), env=client.environment() | {"TERM": "xterm-256color"})

    def read(self):
        while select.select([self.ours], [], [], 0)[0]:
            self.written += os.read(self.ours, 65536)
        return self.written.decode(errors="replace")

    def type(self, keys):
        os.write(self.ours, keys)

    def settings(self):
        return termios.tcgetattr(self.theirs)

    def wait(self):
        """Its exit code; the terminal has to be as before."""
        wait_for(lambda: self.read() is not None and self.process.poll() is not None, 20, lambda: self.read()[-2000:])
        assert self.settings() == self.before
        text = self.read()
        assert text.rindex("\x1b[?1049l") > text.rindex("\x1b[?1049h") and text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
        return self.process.returncode

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture
def terminal(client):
    opened = []

    def start(*arguments, **more):
        opened.append(Terminal(client, *arguments, **more))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def test_once(server, client):
    assert client.ok("top", "--once").split()[:2] == ["PIPELINE", "STATE"]
    server.create("idle", ENDLESS, start=False)
    running = server.create("two words", ENDLESS, checkpoint_interval_micros=200_000)
    server.wait_state(running, "Running")

    def shown():
        line = next(line for line in client.ok("top", "--once").splitlines() if line.startswith("two words"))
        return re.match(r"two words +Running +(\d+) +\d+ +\S+ \S+ +\d+ d \d+ h +2026-01-01T\S+Z +\S+ [kM]?B +\S+ m?s +\d+ %", line)

    found = wait_for(shown, 30, lambda: client.ok("top", "--once") + server.run.describe())
    assert 100 < int(found.group(1)) < 300
    lines = client.ok("top", "--once").splitlines()
    assert [line.split("  ")[0] for line in lines] == ["PIPELINE", "two words", "idle"] and "Created" in lines[2]
    assert "\x1b" not in "".join(lines)


def test_again_and_again_where_there_is_no_terminal(laminar, client):
    top = laminar("top", "--interval", "200ms", environment=client.variables)
    wait_for(lambda: top.stdout.count("laminar top") >= 3, 20, top.describe)
    assert "\x1b" not in top.stdout
    assert top.stop(signal.SIGINT) == 0


def test_a_server_that_is_away_is_waited_for(laminar, tmp_path, server, client):
    top = laminar("top", "--interval", "200ms", environment=client.variables)
    wait_for(lambda: top.stdout.count("laminar top") >= 2, 20, top.describe)
    assert server.run.stop() == 0
    wait_for(lambda: "is asked again" in top.stderr, 20, top.describe)
    shown = top.stdout.count("laminar top")
    Server(laminar, tmp_path, "--listen", server.port())
    wait_for(lambda: top.stdout.count("laminar top") > shown + 1, 20, top.describe)
    assert top.stderr.count("is asked again") == 1 and top.stop(signal.SIGINT) == 0


def test_what_is_wrong(client):
    assert "--interval" in client.refused(2, "top", "--interval", "10ms")
    client.variables["LAMINAR_SERVER"] = "http://127.0.0.1:1"
    assert "nobody answers" in client.refused(1, "top")
    assert "nobody answers" in client.refused(1, "top", "--once")


@pytest.mark.parametrize("how", ["q", "ctrl-c", "SIGTERM", "SIGHUP", "SIGABRT"])
def test_the_terminal_is_as_before(client, terminal, server, how):
    server.create("idle", ENDLESS, start=False)
    top = terminal("top", "--interval", "300ms")
    wait_for(lambda: "idle" in top.read() and top.process.poll() is None, 20, top.read)
    assert top.settings() != top.before
    if how == "q":
        top.type(b"q")
    elif how == "ctrl-c":
        top.type(b"\x03")
    else:
        top.process.send_signal(getattr(signal, how))
    code = top.wait()
    assert code == (0 if not how.startswith("SIG") or how == "SIGTERM" else -getattr(signal, how))


def test_it_is_drawn_again(client, terminal, server):
    top = terminal("top", "--interval", "200ms", rows=8)
    wait_for(lambda: top.read().count("0 pipelines") >= 2, 20, top.read)
    for number in range(10):
        server.create(f"p{number}", ENDLESS, start=False)
    # No more than the terminal has.
    wait_for(lambda: "and 6 more" in top.read(), 20, top.read)
    frame = top.read().rsplit("\x1b[H", 1)[1] if top.read().count("\x1b[H") else ""
    assert frame.count("\n") < 8
    # A server that is away is waited for.
    server.kill()
    wait_for(lambda: "nobody answers" in top.read() or "was lost" in top.read(), 20, top.read)
    assert top.process.poll() is None
    top.type(b"q")
    assert top.wait() == 0
