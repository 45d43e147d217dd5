"""`laminar serve` as a child process, and calls of its REST API."""

import json
import re

import requests

from harness.process import wait_for


class Server:
    """laminar: the fixture that starts the binary. The database lies in `folder`; a second Server there goes on with it."""

    def __init__(self, laminar, folder, *arguments, **more):
        self.database = folder / "server.db"
        prints_token = not self.database.exists() and "--first-token-file" not in arguments
        listen = () if "--listen" in arguments else ("--listen", "0")
        self.run = laminar("serve", *listen, "--database", self.database, *arguments, **more)

        def serves():
            # Both are read by threads of their own.
            return "serving" in self.run.stderr and ("lmn_" in self.run.stdout or not prints_token)

        wait_for(lambda: serves() or self.run.process.poll() is not None, 30, self.run.describe)
        self.base = re.search(r"address\"?[=:]\"?(https?://[^ \"]+)", self.run.stderr).group(1)
        shown = re.search(r"lmn_\S+", self.run.stdout)
        self.token = shown and shown.group()

    def call(self, method, path, body=None, token=..., **more):
        token = self.token if token is ... else token
        headers = more.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        return requests.request(method, self.base + path, json=body, headers=headers, timeout=more.pop("timeout", 40), **more)

    def ok(self, method, path, body=None, **more):
        """The answer of a call that has to succeed."""
        answer = self.call(method, "/v1" + path, body, **more)
        assert answer.status_code in (200, 204), f"{method} {path}: {answer.status_code} {answer.text}\n{self.run.describe()}"
        return answer.json() if answer.content else None

    def port(self):
        return int(self.base.rsplit(":", 1)[1])

    # ---- pipelines

    def create(self, name, query, **more):
        return self.ok("POST", "/pipelines", {"name": name, "query": query} | more)

    def pipeline(self, pipeline):
        return self.ok("GET", f"/pipelines/{pipeline['id']}")

    def wait_state(self, pipeline, state, timeout=40):
        """Until the pipeline's newest job is in the state."""

        def there():
            return self.pipeline(pipeline)["state"] == state

        wait_for(there, timeout, lambda: f"state {state}: {json.dumps(self.pipeline(pipeline), indent=1)}\n{self.run.describe()}")
        return self.pipeline(pipeline)

    def output(self, pipeline, after=0):
        return self.ok("GET", f"/jobs/{self.pipeline(pipeline)['job_id']}/output?after={after}&limit=1000")

    def kill(self):
        self.run.process.kill()
        self.run.process.wait()


def told(answer, status):
    """The message of an error that has that status."""
    assert answer.status_code == status, answer.text
    return answer.json()["error"]["message"]
