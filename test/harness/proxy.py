"""The fault proxy of test/fakes/kinesis_proxy as a child process, and its control."""

import json
import re
import ssl
import sys
import urllib.request

from harness.laminar import ROOT
from harness.process import Process, clean_environment, wait_for


class FaultProxy:
    def __init__(self, upstreams, tls=None):
        """upstreams: region -> endpoint, or one server's endpoint for every region. tls: (certificate file, key file)."""
        if isinstance(upstreams, str):
            upstreams = {"*": upstreams}
        arguments = [f"--upstream={region}={url}" for region, url in upstreams.items()]
        if tls:
            arguments += ["--tls-cert", tls[0], "--tls-key", tls[1]]
        environment = clean_environment(PYTHONPATH=ROOT / "test/fakes", PYTHONDONTWRITEBYTECODE=1)
        self.process = Process([sys.executable, "-m", "kinesis_proxy", *arguments], environment=environment, name="kinesis-proxy")

        def listening():
            self.process.check_alive()
            found = re.search(r"listening on (\S+)", self.process.output())
            return found and found.group(1)

        self.endpoint = wait_for(listening, 20, "the proxy to listen")
        if tls:
            self.endpoint = self.endpoint.replace("127.0.0.1", "localhost")
        self.tls = tls

    def _control(self, method, body=None):
        context = ssl.create_default_context(cafile=self.tls[0]) if self.tls else None
        request = urllib.request.Request(self.endpoint + "/control", method=method, data=json.dumps(body).encode() if body is not None else None,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            return json.loads(answer.read())

    def rules(self, *rules, **settings):
        """Replaces the rules (see kinesis_proxy/rules.py), and the settings given by name."""
        return self._control("POST", {"rules": list(rules), **settings})

    def report(self):
        return self._control("GET")

    def reset(self):
        return self._control("DELETE")

    def assert_clean(self, may_send_again=False):
        """No request over a limit, no accepted record sent again (but by a run that went on from a checkpoint, at least once), no wrong signature."""
        report = self.report()
        wrong = {kind for kind in report["violations"] if not (may_send_again and kind == "sent again")}
        assert not wrong, report["examples"]
        return report

    def stop(self):
        self.process.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
