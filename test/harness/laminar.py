"""The binary under test: `laminar run` as a child process, its output, its exit code, its use of CPU and memory."""

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from harness.process import clean_environment, die_with_parent, wait_for

ROOT = Path(__file__).resolve().parents[2]


def binary():
    return os.environ.get("LAMINAR_BINARY", str(ROOT / "build/release/laminar"))


class Laminar:
    """One run. Credentials are dummies unless `environment` says otherwise; a value of None there removes the variable."""

    def __init__(self, arguments, environment=None, script=None, cwd=None, endpoint=None):
        """script: text of a pipeline, written to a file whose path is appended to the arguments."""
        self.folder = tempfile.TemporaryDirectory(prefix="laminar-run-")
        variables = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "HOME": self.folder.name}
        if endpoint:
            variables["AWS_ENDPOINT_URL"] = endpoint
        variables.update(environment or {})
        arguments = [str(a) for a in arguments]
        if script is not None:
            self.script_path = Path(self.folder.name) / "pipeline.sql"
            self.script_path.write_text(script)
            arguments.append(str(self.script_path))
        self.command = [binary(), *arguments]
        self.started = time.time()
        self.process = subprocess.Popen(
            self.command, cwd=cwd or self.folder.name, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=clean_environment(**{k: v for k, v in variables.items() if v is not None}), preexec_fn=die_with_parent)
        self.stdout_lines, self.stderr_lines = [], []
        self.readers = [threading.Thread(target=self._read, args=pair, daemon=True)
                        for pair in ((self.process.stdout, self.stdout_lines), (self.process.stderr, self.stderr_lines))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    @property
    def pid(self):
        return self.process.pid

    @property
    def stdout(self):
        return "\n".join(list(self.stdout_lines))

    @property
    def stderr(self):
        return "\n".join(list(self.stderr_lines))

    def rows(self):
        """What it printed, as JSON."""
        return [json.loads(line) for line in list(self.stdout_lines) if line.startswith("{")]

    def describe(self):
        return f"{' '.join(self.command)}: exit code {self.process.poll()}\n--- stderr\n{self.stderr[-4000:]}\n--- stdout\n{self.stdout[-2000:]}"

    def wait_reading(self, timeout=20):
        """Until it says that every source is pinned on all its shards."""

        def reading():
            if any(line == "reading" or line.endswith(" reading") or '"reading"' in line for line in list(self.stderr_lines)):
                return True
            assert self.process.poll() is None, f"ended before it was reading: {self.describe()}"
            return False

        wait_for(reading, timeout, lambda: f"`reading`: {self.describe()}")
        return self

    def wait(self, timeout=60):
        """Until it ends by itself; its exit code."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {timeout} s: {self.describe()}") from None
        for reader in self.readers:
            reader.join(10)
        return code

    def expect(self, code, timeout=60):
        """Waits for its end and asserts its exit code."""
        found = self.wait(timeout)
        assert found == code, self.describe()
        return self

    def stop(self, sig=signal.SIGTERM, timeout=30):
        """Asks it to stop; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sig)
        return self.wait(timeout)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self.readers:
            reader.join(10)
        self.folder.cleanup()

    def cpu_seconds(self):
        """User and system time so far, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_bytes(self):
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def peak_rss_until_end(self, timeout=100):
        """Waits for its end; the highest resident memory until shortly before, bytes."""
        peak = 0

        def ended():
            nonlocal peak
            if self.process.poll() is not None:
                return True
            try:
                status = Path(f"/proc/{self.pid}/status").read_text()
            except OSError:  # it ended in between
                return False
            peak = max([peak, *(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))])
            return False

        wait_for(ended, timeout, self.describe, pause=0.005)
        return peak

    def total(self):
        """The last line of a run with --log-format json and without --quiet: its figures."""
        return next(line for line in map(json.loads, reversed(list(self.stderr_lines))) if line["message"] in ("done", "failed"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
