"""Kinesis on the wire: which operation, which region, JSON or CBOR bodies, errors."""

import base64
import json
import re

import cbor2

JSON, CBOR = "application/x-amz-json-1.1", "application/x-amz-cbor-1.1"
CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")


class Call:
    """A request as the proxy sees it. body is None where it cannot be decoded."""

    def __init__(self, method, path, headers, raw):
        self.method, self.path, self.headers, self.raw = method, path, headers, raw
        self.content_type = headers.get("Content-Type", "").split(";")[0].strip().lower()
        self.operation = headers.get("X-Amz-Target", "").rpartition(".")[2]
        scope = CREDENTIAL.search(headers.get("Authorization", ""))
        self.access_key, self.date, self.region, self.service = scope.groups() if scope else ("", "", "", "")
        try:
            self.body = decode(raw, self.content_type) if self.operation else None
        except ValueError:
            self.body = None

    @property
    def stream(self):
        body = self.body if isinstance(self.body, dict) else {}
        return body.get("StreamName") or str(body.get("StreamARN", "")).rpartition("/")[2]

    def with_body(self, body):
        return encode(body, self.content_type)


def decode(raw, content_type):
    if not raw:
        return {}
    if content_type == CBOR:
        try:
            return cbor2.loads(raw)
        except (cbor2.CBORDecodeError, EOFError) as error:
            raise ValueError(str(error)) from None
    return json.loads(raw)


def encode(body, content_type):
    return cbor2.dumps(body) if content_type == CBOR else json.dumps(body).encode()


def data_of(record):
    """The bytes of a record: CBOR carries them as bytes, JSON as base64 text."""
    data = record.get("Data", b"")
    return base64.b64decode(data) if isinstance(data, str) else bytes(data)


def error(code, message, content_type):
    return encode({"__type": code, "message": message}, content_type)
