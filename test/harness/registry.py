"""A schema registry as a producer sees it, and a gate in front of it that fails as registries do."""

import http.client
import json
import struct
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATH = "/apis/ccompat/v7"


def header(schema_id):
    return struct.pack(">bI", 0, schema_id)


class RegistryClient:
    """Confluent's API."""

    def __init__(self, endpoint):
        self.url = endpoint + PATH
        self.host = endpoint.removeprefix("http://")

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.host, timeout=30)
        connection.request(method, PATH + path, body and json.dumps(body), {"Content-Type": "application/vnd.schemaregistry.v1+json"})
        answer = connection.getresponse()
        found = json.loads(answer.read())
        connection.close()
        assert answer.status == 200, (method, path, found)
        return found

    def register(self, subject, schema, references=(), **more):
        body = {"schema": json.dumps(schema), "references": list(references), **more}
        return self.ask("POST", f"/subjects/{urllib.parse.quote(subject, safe='')}/versions", body)["id"]

    def schema(self, schema_id):
        return json.loads(self.ask("GET", f"/schemas/ids/{schema_id}")["schema"])

    def versions(self, subject):
        return self.ask("GET", f"/subjects/{subject}/versions")


class Gate:
    """Passes requests on to the registry, or answers itself: `fault` is None, "500", "429", "html" or "401". refuse(): nobody listens."""

    def __init__(self, endpoint, authorization=None, path=PATH):
        """authorization: the value of that header that is asked for. path: that the registry stands under."""
        self.fault, self.requests, self.path = None, [], path
        gate, target = self, endpoint.removeprefix("http://")

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if gate.server is None:  # a connection from before
                    self.close_connection = True
                    return
                gate.requests.append(f"{self.command} {self.path.removeprefix(path)}")
                if gate.fault is not None:
                    if gate.fault == "html":
                        return self.answer(200, b"<html><body>Sign in</body></html>", "text/html")
                    return self.answer(int(gate.fault), b'{"error_code":%s,"message":"as the test wants it"}' % gate.fault.encode())
                if authorization and self.headers.get("Authorization") != authorization:
                    return self.answer(401, b'{"error_code":40101,"message":"Unauthorized"}')
                registry = http.client.HTTPConnection(target, timeout=30)
                registry.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")})
                answer = registry.getresponse()
                self.answer(answer.status, answer.read(), answer.getheader("Content-Type") or "")
                registry.close()

            def answer(self, status, data, kind="application/json"):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = pass_on

            def log_message(self, *_):
                pass

        self.handler, self.port, self.server = Handler, 0, None
        self.listen()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{self.path}"

    def listen(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), self.handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def refuse(self):
        server, self.server = self.server, None
        server.shutdown()
        server.server_close()

    def break_down(self, how):
        """how: a fault, or "refused"."""
        self.fault = None if how == "refused" else how
        if how == "refused":
            self.refuse()

    def mend(self):
        self.fault = None
        if self.server is None:
            self.listen()

    def close(self):
        if self.server is not None:
            self.refuse()
