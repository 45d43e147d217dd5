"""Whoever gives credentials to a process, and a Kinesis that looks at how its requests are signed."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fakes.kinesis_proxy import sigv4

SECRET = "secret/of+the=test"
FOUND = {"AccessKeyId": "AKIDFOUND", "SecretAccessKey": SECRET, "Token": "token/of+the==session", "Expiration": "2099-01-01T00:00:00Z", "Code": "Success",
         "Type": "AWS-HMAC", "LastUpdated": "2026-01-01T00:00:00Z"}


class CredentialWorld:
    """Container and instance metadata, and a Kinesis that knows no stream but remembers who asked."""

    def __init__(self):
        self.asked = []  # (access key id, session token, what is wrong with the signature)
        world = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status, body, kind="application/json"):
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_PUT(self):
                assert self.path == "/latest/api/token"
                self.answer(200, b"imds-token", "text/plain")

            def do_GET(self):
                if self.path == "/container":
                    self.answer(200 if self.headers.get("Authorization") == "container-token" else 403, FOUND)
                elif self.headers.get("X-aws-ec2-metadata-token") != "imds-token":
                    self.answer(401, b"", "text/plain")
                elif self.path.rstrip("/") == "/latest/meta-data/iam/security-credentials":
                    self.answer(200, b"the-role", "text/plain")
                elif self.path == "/latest/meta-data/iam/security-credentials/the-role":
                    self.answer(200, FOUND)
                elif self.path == "/latest/meta-data/placement/region":
                    self.answer(200, b"eu-north-1", "text/plain")
                else:
                    self.answer(404, b"", "text/plain")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                found = sigv4.AUTHORIZATION.match(self.headers["Authorization"])
                wrong = sigv4.problem("POST", self.path, self.headers, body, SECRET)
                key, _, region = found.group(1).split("/")[:3]
                world.asked.append((key, self.headers.get("X-Amz-Security-Token"), region, wrong))
                self.answer(400, {"__type": "ResourceNotFoundException", "message": "no such stream"}, "application/x-amz-json-1.1")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
