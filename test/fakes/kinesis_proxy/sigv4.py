"""AWS Signature Version 4, computed anew from the request: the local servers do not look at signatures, AWS does.

Source: "AWS Signature Version 4 for API requests", AWS Identity and Access Management user guide.
"""

import datetime
import hashlib
import hmac
import re
from urllib.parse import parse_qsl, quote

AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$")


def problem(method, path_and_query, headers, body, secret, now=None):
    """What is wrong with the signature; "" if it is right."""
    found = AUTHORIZATION.match(headers.get("Authorization", ""))
    if not found:
        return "no AWS4-HMAC-SHA256 authorization header"
    credential, signed, signature = found.groups()
    _, date, region, service, terminator = credential.split("/")
    signed = signed.split(";")
    for needed in ("host", "x-amz-date") + (("x-amz-security-token",) if "X-Amz-Security-Token" in headers else ()):
        if needed not in signed:
            return f"{needed} is not signed"
    if signed != sorted(signed):
        return "signed headers are not sorted"
    timestamp = headers.get("X-Amz-Date", "")
    if not timestamp.startswith(date):
        return f"date {timestamp} outside the credential's scope {date}"
    age = (now or datetime.datetime.now(datetime.timezone.utc)) - datetime.datetime.strptime(timestamp + "+0000", "%Y%m%dT%H%M%SZ%z")
    if abs(age.total_seconds()) > 300:
        return f"signed {age.total_seconds():.0f} s ago"

    path, _, query = path_and_query.partition("?")
    canonical_query = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(parse_qsl(query, keep_blank_values=True)))
    payload = headers.get("X-Amz-Content-Sha256") or hashlib.sha256(body).hexdigest()
    if payload != hashlib.sha256(body).hexdigest():
        return "x-amz-content-sha256 is not the body's"
    canonical_headers = "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in signed)
    canonical = "\n".join([method, quote(path, safe="/-_.~%") or "/", canonical_query, canonical_headers, ";".join(signed), payload])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", timestamp, f"{date}/{region}/{service}/{terminator}", hashlib.sha256(canonical.encode()).hexdigest()])

    key = ("AWS4" + secret).encode()
    for part in (date, region, service, terminator):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    expected = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return "" if hmac.compare_digest(expected, signature) else "signature does not match"
