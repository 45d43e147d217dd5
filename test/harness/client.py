"""The commands against a server: `laminar pipelines list` and its like, as a user types them."""

import json
import subprocess

from harness.laminar import binary
from harness.process import clean_environment


class Client:
    """server: of harness.server; its address and token come by the environment, unless `variables` says otherwise."""

    def __init__(self, server, **variables):
        self.variables = {"LAMINAR_SERVER": server.base, "LAMINAR_TOKEN": server.token} | variables

    def environment(self):
        environment = clean_environment(**{name: value for name, value in self.variables.items() if value is not None})
        return {name: value for name, value in environment.items() if name not in self.variables or self.variables[name] is not None}

    def run(self, *arguments, stdin=None, timeout=60):
        return subprocess.run([binary(), *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=timeout, env=self.environment())

    def ok(self, *arguments, **more):
        """What it prints, where it has to succeed."""
        done = self.run(*arguments, **more)
        assert done.returncode == 0, f"{arguments}: exit code {done.returncode}\n{done.stderr}{done.stdout}"
        return done.stdout

    def json(self, *arguments, **more):
        return json.loads(self.ok(*arguments, "--format", "json", **more))

    def refused(self, code, *arguments, **more):
        """What it says on stderr, where it has to end with that code, with a message and without anything on stdout."""
        done = self.run(*arguments, **more)
        assert done.returncode == code and done.stdout == "", f"{arguments}: exit code {done.returncode}\n{done.stderr}{done.stdout}"
        assert "error: " in done.stderr, done.stderr
        return done.stderr
