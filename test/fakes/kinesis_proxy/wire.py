"""Kinesis on the wire: which operation, which region, JSON or CBOR bodies, errors. And as much of STS as passing it on needs."""

import base64
import json
import re
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import cbor2

FORM = "application/x-www-form-urlencoded"  # what STS speaks
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
        if self.content_type == FORM:
            self.operation = parse_qs(raw.decode("utf-8", "replace")).get("Action", [""])[0]
        try:
            self.body = decode(raw, self.content_type) if self.operation and self.content_type != FORM else None
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
    if content_type == FORM:
        return (f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code>'
                f"<Message>{escape(message)}</Message></Error><RequestId>test</RequestId></ErrorResponse>").encode()
    return encode({"__type": code, "message": message}, content_type)
