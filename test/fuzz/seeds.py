"""What the fuzzers start from: seeds.py FOLDER writes FOLDER/TARGET/*, out of the text tests and of a few lines below."""

import hashlib
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 4_000  # bytes: long inputs make a fuzzer slow

XML = [
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><IsTruncated>true</IsTruncated>'
    "<Contents><Key>a&amp;b</Key><Size>7</Size></Contents><NextContinuationToken>x==</NextContinuationToken></ListBucketResult>",
    "<Error><Code>NoSuchKey</Code><Message>It &#x20AC; &lt;is&gt; not there</Message><!-- c --><![CDATA[<x>]]><Empty a='b'/></Error>",
]
JSON = [
    '{"a":1,"s":"text","j":{"k":[1,2,{"x":null}]},"d":12345678901234.5678,"t":"2026-01-01T00:00:00.001Z","l":[{"k":1,"v":["a","b"]}],"m":{"x":1,"y":2}}',
    '{"b":"AGFi","r":[1,255],"u":"6f1f0e1e-6c6d-4a8a-9b3b-0d6f7a8b9c0d","i":"1 day","e":"x","a":"12","t":1767225600001,"d":"1e3","s":"\\u00e9\\ud83d\\ude00\\n"}',
    '{\n  "a": 1,\n  "l": [\n    {"k": 1}\n  ]\n}\n{"a":2}\n\n{"a":-9223372036854775808}{"s":1.5e300}',
    '[1,"x",true,null] "text" 12 {"a":null,"t":"infinity"}',
]


def sections(kind):
    """The sections of the text tests whose title begins with `kind`."""
    for path in sorted((ROOT / "test/sql").glob("*.test")):
        text = None
        for line in [*path.read_text(encoding="utf-8").splitlines(), "---- end"]:
            if line.startswith("---- "):
                if text:
                    yield text
                text = "" if line[5:].startswith(kind) else None
            elif text is not None:
                text += line + "\n"


def rows():
    """The first byte chooses a type of rows_fuzz.cc; a batch of two rows, then the end. Of a wrong width most are, which is as good a start."""
    for choice in range(62):
        for width in (1, 2, 4, 8, 16):
            yield bytes([choice]) + struct.pack("<I", 2) + b"\0" + bytes(range(2 * width)) + bytes(4)
        lengths = struct.pack("<II", 1, 3)
        yield bytes([choice]) + struct.pack("<I", 2) + b"\1\3" + lengths + b"abcd" + bytes(4)
        yield bytes([choice]) + struct.pack("<I", 2) + b"\0" + lengths + b"\0" + bytes(4 * 8) + bytes(4)


def seeds():
    yield from (("script", text) for text in sections("script"))
    yield from (("script", path.read_text(encoding="utf-8")) for path in sorted((ROOT / "test/sql/page").glob("*.sql")))
    yield from (("json", text) for text in (*JSON, *list(sections("input"))[::10]))
    yield from (("xml", text) for text in XML)
    yield from (("rows", data) for data in rows())
    yield from (("state_file", data) for data in (b"payload", b"\x89LAMSTA\n" + struct.pack("<IIQQ", 1, 2, 1, 0) + b"x"))


def main():
    folder = Path(sys.argv[1])
    for target, seed in seeds():
        data = seed if isinstance(seed, bytes) else seed.encode()
        if len(data) > LONGEST:
            continue
        (folder / target).mkdir(parents=True, exist_ok=True)
        (folder / target / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)


if __name__ == "__main__":
    main()
