"""`laminar serve` as a child process, and its REST API by an ordinary HTTP client."""

import re

import requests

from harness.process import wait_for


class RestServer:
    def __init__(self, laminar, folder, *arguments, **more):
        """more: for harness.laminar.Laminar."""
        self.database = folder / "server.db"
        is_new = not self.database.exists()
        self.run = laminar("serve", "--listen", "0", "--database", self.database, *arguments, **more)
        wait_for(lambda: "serving" in self.run.stderr or self.run.process.poll() is not None, 20, self.run.describe)
        self.base = re.search(r"address=\"?(https?://[^ \"]+)", self.run.stderr).group(1)
        # Printed before it serves, though on another stream: it may be read later.
        self.token = wait_for(lambda: re.search(r"lmn_\S+", self.run.stdout), 20, self.run.describe).group() if is_new else None

    def call(self, method, path, body=None, token=..., **more):
        token = self.token if token is ... else token
        headers = more.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        return requests.request(method, self.base + path, json=body, headers=headers, timeout=30, **more)

    def port(self):
        return int(self.base.rsplit(":", 1)[1])


def told(answer, status):
    """The message of an error with that status."""
    assert answer.status_code == status, answer.text
    return answer.json()["error"]["message"]
