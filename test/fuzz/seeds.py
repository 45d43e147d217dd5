"""What the fuzzers start from: seeds.py FOLDER writes FOLDER/TARGET/*, out of the text tests and of a few lines below."""

import base64
import gzip
import hashlib
import json
import re
import struct
import sys
import zlib
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

REGISTRY = [
    b"\0\0\0\0\x11\2", b"\0\xff\xff\xff\xff", b"\0\0", b"\3\0",
    b'{"type":"record","name":"a.R","fields":[{"name":"x","type":["null","B"]},{"name":"y","type":{"type":"map","values":"a.B"}}]}\n'
    b'{"type":"record","name":"B","namespace":"a","fields":[{"name":"b","type":"a.B"}]}',
    b'["null",{"type":"array","items":"a.B"}]\n{"type":"enum","name":"B","symbols":["X"]}',
]  # fmt: skip
CSV = ['1,text,"[1, 2]"\n2,"quoted, ""twice""\nand broken",\n', "t,n\nx,1\r\ny,NULL\n", "n,t,l\n1,\"it\\\"s\",\"[]\"\n\n,,\n"]
# Three rows of n BIGINT, t TEXT, l INTEGER[], as pyarrow writes them: plain pages with dictionaries, zstd without.
PARQUET = [base64.b64decode(text) for text in (
    "UEFSMRUEFSAVIEwVBBUAEgAAAQAAAAAAAAD9/////////xUAFRIVEiwVBhUQFQYVBhwAAAACAAAAAwUBAwIVBBVAFUBMFQQVABIAAAEAAABhFwAAAGEgbG9uZ2VyIHRleHQgdGhhbiB0aGF0FQAVEh"
    "USLBUGFRAVBhUGHAAAAAIAAAADBQEDAhUEFQgVCEwVAhUAEgAAAQAAABUAFSAVICwVCBUQFQYVBhwAAAACAAAAAwIDAAAAAxsAAQIAFQQZbDUAGAZzY2hlbWEVBgAVBCUCGAFuABUMJQIYAXQlAEwc"
    "AAAANQIYAWwVAhUGTDwAAAA1BBgEbGlzdBUCABUCJQIYB2VsZW1lbnQAFgYZHBk8JgAcFQQZNQAGEBkYAW4VABYGFnQWdCZEJggpLBUEFQAVAgAVABUQFQIAPCkGGSYCBAAAACYAHBUMGTUABhAZGA"
    "F0FQAWBhaUARaUASbYASZ8KSwVBBUAFQIAFQAVEBUCADwWMBkGGSYCBAAAACYAHBUCGTUABhAZOAFsBGxpc3QHZWxlbWVudBUAFggWahZqJrQCJpACKSwVBBUAFQIAFQAVEBUCADwpJgYCGUYCAgIC"
    "AAAAFvICFgYmCBbyAgAoIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYuMC4xGTwcAAAcAAAcAAAAQQEAAFBBUjE=",
    "UEFSMRUGFSQVJFwVBhUCFQYVABUEFQASHAAAAAMFAQAAAAAAAAD9/////////xUGFUQVRFwVBhUCFQYVABUEFQASHAAAAAMFAQAAAGEXAAAAYSBsb25nZXIgdGV4dCB0aGFuIHRoYXQVBhUSFRJcFQ"
    "gVBhUGFQAVBhUEEhwAAAADAgMbAAEAAAAVBBlsNQAYBnNjaGVtYRUGABUEJQIYAW4AFQwlAhgBdCUATBwAAAA1AhgBbBUCFQZMPAAAADUEGARsaXN0FQIAFQIlAhgHZWxlbWVudAAWBhkcGTwmABwV"
    "BBklBgAZGAFuFQwWBhZUFlQmCEkcFQAVABUCADwpBhkmAgQAAAAmABwVDBklBgAZGAF0FQwWBhZ0FnQmXEkcFQAVABUCADwWMBkGGSYCBAAAACYAHBUCGSUGABk4AWwEbGlzdAdlbGVtZW50FQwWCB"
    "ZCFkIm0AFJHBUAFQAVAgA8KSYGAhlGAgICAgAAABaKAhYGJggWigIAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRk8HAAAHAAAHAAAAB8BAABQQVIx",
)]
ZSTD = base64.b64decode("KLUv/SAodQAAQG9uZQp0d28KAQDDCxc=")

MANIFEST = {
    "checkpoint": 7, "pipeline": "p", "state_id": "a1", "instance": "b2", "version": "0.1.0", "taken_micros": 1767225600000000, "parallelism": 2, "finished": False,
    "sources": {"orders": {"position": '{"version":1,"stream":"orders","shards":[]}', "watermark_micros": 5, "lag_micros": None}},
    "operators": {"0.tumble": {"shape": "TUMBLE(a)", "watermark_micros": -1, "parts": [{"worker": 1, "section": "groups", "file": "state-7-b2-1", "bytes": 12}]}},
    "sinks": {"out": [{"progress": "{}", "parts": []}, {"progress": "", "parts": [{"worker": 1, "section": "", "file": "state-7-b2-2", "bytes": 0}]}]},
}  # fmt: skip
POSITION = {
    "version": 1, "stream": "orders", "arn": "arn:aws:kinesis:us-east-1:1:stream/orders",
    "shards": [
        {"id": "s0", "state": "finished", "complete_through": 7, "awaits_children": True},
        {"id": "s1", "state": "reading", "parents": ["s0", "s9"], "after": "4959", "rows": 1200},
        {"id": "s2", "state": "reading", "at": "4960", "sub": 3, "offset": 120, "line": 4},
        {"id": "s3", "state": "reading", "from": 1767225600000000},
        {"id": "s4", "state": "waiting", "parents": ["s1"], "from": "oldest"},
    ],
}  # fmt: skip


def avro_long(number):
    """Zig-zag, seven bits a byte, the lowest first."""
    bits, out = number << 1 ^ number >> 63, b""
    while bits >= 0x80:
        out, bits = out + bytes([bits & 0x7F | 0x80]), bits >> 7
    return out + bytes([bits])


def avro_text(data):
    return avro_long(len(data)) + data


def avro():
    """A datum of avro_fuzz_test.cc's schema, alone and in containers."""
    one, nothing = avro_long(1), avro_long(0)
    datum = one + avro_long(-5) + one + avro_text(b"text")
    datum += one + avro_text(b"k") + one + avro_long(2) + b"abc" + nothing * 2
    datum += one + avro_text(b'{"a":[1,2]}') + one + avro_text(b"\x01\x02") + one + avro_long(1500)
    datum += one * 2 + avro_text(b"v") + nothing + avro_long(7) + nothing
    datum += one + avro_long(2) + avro_text(b"x") + avro_text(b"\x05") + avro_text(b"x") + avro_text(b"") + nothing
    datum += avro_text(b"blob") + avro_long(2) + one + avro_long(2) + one + avro_long(2) + nothing
    datum += avro_long(2) + avro_text(b"u") + nothing
    yield datum
    source = (ROOT / "src/formats/avro/avro_fuzz_test.cc").read_text()
    schema = "".join(re.search(r'kFuzzAvroSchema\[\] =\s*R"\((.*?)\)";', source, re.S).group(1).split("\n")).encode()
    deflate = zlib.compressobj(wbits=-15)
    for codec, block in ((b"null", datum * 3), (b"deflate", deflate.compress(datum * 3) + deflate.flush())):
        head = b"Obj\x01" + avro_long(2) + avro_text(b"avro.schema") + avro_text(schema) + avro_text(b"avro.codec") + avro_text(codec) + nothing
        yield head + bytes(range(16)) + avro_long(3) + avro_text(block) + bytes(range(16))


def field(number, data):
    """A field of bytes of a protocol buffer; both numbers are below 128."""
    return bytes([number << 3 | 2, len(data)]) + data


def aggregated(records):
    """The message of an aggregated record, without magic and digest; records: data, and the indexes of its two keys."""
    keys = field(1, b"a") + field(1, b"key") + field(2, b"17") + field(2, b"340282366920938463463")
    for data, key, hash_key in records:
        entry = bytes([8, key]) + (b"" if hash_key is None else bytes([16, hash_key]))
        keys += field(3, entry + field(3, data) + field(4, field(1, b"tag")))
    return keys


KPL = [
    aggregated([(b"one", 0, None), (b"", 1, 0), (b"x" * 60, 0, 1)]),
    aggregated([(b"two", 2, None)]),
    b"\x0d1234\x39" + bytes(8) + aggregated([]),
]

EPOCHS = [
    {"id": "0123456789abcdef", "worker": 0, "epoch": 7, "sealed_micros": 5, "rows": 3, "parts": 1, "acknowledged_to": 0, "acknowledged_bits": ""},
    {"id": "0123456789abcdef", "worker": 0, "epoch": 8, "sealed_micros": 9, "rows": 4, "parts": 2, "acknowledged_to": 1, "acknowledged_bits": "2"},
]  # fmt: skip


def part(first, rows, keyed):
    """Rows of an epoch on their way into a stream (put_rows.cc), behind the length of the whole."""
    data = b"LKR1" + struct.pack("<IQQ", keyed, first, len(rows))
    for key, row in rows:
        data += struct.pack("<II", len(key), len(row)) + key + row
    return struct.pack("<I", len(data)) + data


def part_with_hash_keys(first, rows):
    data = b"LKR2" + struct.pack("<IQQ", 1, first, len(rows))
    for key, hash_key, row in rows:
        data += struct.pack("<III", len(key), len(row), len(hash_key)) + key + hash_key + row
    return struct.pack("<I", len(data)) + data


def sink_states():
    keyed, plain = [(b"k", b"one"), (b"", b""), (b"key", b"three")], [(b"", b"row"), (b"", b"x")]
    for epochs, parts in (
        ([], b""),
        (EPOCHS[:1], part(0, keyed, 1)),
        (EPOCHS[1:], part(0, plain, 0) + part(2, plain, 0)),
        (EPOCHS, part(0, keyed, 1) + part(0, plain, 0) + part(2, plain, 0)),
        (EPOCHS[:1], part_with_hash_keys(0, [(b"k", b"17", b"one"), (b"", b"", b""), (b"key", b"340282366920938463463374607431768211455", b"three")])),
    ):
        progress = {"version": 1, "stream": "out", "after": {"s0": "4959", "s1": "12"}, "epochs": epochs}
        yield json.dumps(progress).encode() + b"\n" + parts


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
    yield from (("avro", data) for data in avro())
    yield from (("registry", data) for data in REGISTRY)
    yield from (("csv", text) for text in CSV)
    yield from (("parquet", data) for data in PARQUET)
    yield from (("compression", data) for data in (ZSTD, gzip.compress(b"one\ntwo\n" * 5, mtime=0), ZSTD + ZSTD, b"plain"))
    yield from (("infer", data) for data in (*JSON, *CSV, *PARQUET, *avro(), ZSTD))
    yield from (("xml", text) for text in XML)
    yield from (("rows", data) for data in rows())
    yield from (("kpl", data) for data in KPL)
    yield from (("sink_state", data) for data in sink_states())
    yield from (("manifest", json.dumps(MANIFEST, indent=indent)) for indent in (None, 1))
    yield "position", json.dumps(POSITION)
    yield from (("position", json.dumps({**POSITION, "shards": [shard]})) for shard in POSITION["shards"])
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
