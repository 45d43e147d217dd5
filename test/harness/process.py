"""Child processes: started with a log file, ready by a condition, always ended by their own id, and never outliving us."""

import ctypes
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def die_with_parent():
    """In the child: the kernel ends it when its parent is gone, however that came about."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_for(condition, timeout, what, pause=0.02):
    """The first true value of condition(), asked every `pause` seconds; TimeoutError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout} s for {what() if callable(what) else what}")
        time.sleep(pause)


def free_port():
    """A port that nobody listens on. Outside the ephemeral range, where an outgoing connection could take it before its server does."""
    for _ in range(1000):
        port = random.randrange(20000, 32000)
        with socket.socket() as s:
            try:
                s.bind(("", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port between 20000 and 32000")


def clean_environment(**extra):
    """This environment without anything that AWS clients read; what they must not find by accident is turned off."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    environment["AWS_EC2_METADATA_DISABLED"] = "true"
    environment.update({k: str(v) for k, v in extra.items()})
    return environment


class Process:
    """A running child with its output in a file."""

    def __init__(self, command, environment=None, cwd=None, name=None):
        self.name = name or Path(command[0]).name
        self.log = tempfile.NamedTemporaryFile(prefix=f"laminar-{self.name}-", suffix=".log", mode="w+", delete=True)
        self.process = subprocess.Popen([str(c) for c in command], env=environment, cwd=cwd, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=subprocess.STDOUT, preexec_fn=die_with_parent)

    @property
    def pid(self):
        return self.process.pid

    def output(self):
        return Path(self.log.name).read_text(errors="replace")

    def check_alive(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with code {self.process.returncode}:\n{self.output()[-2000:]}")

    def stop(self, grace=2.0):
        """SIGTERM, and SIGKILL for those that do not listen within `grace` seconds."""
        if self.process.poll() is None and grace > 0:
            self.process.terminate()
            try:
                self.process.wait(grace)
            except subprocess.TimeoutExpired:
                pass
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()
