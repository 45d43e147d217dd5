"""Records of Avro as fastavro writes them."""

import io

import fastavro
import fastavro.schema

SINGLE_OBJECT = b"\xc3\x01"


def fingerprint(schema):
    return bytes.fromhex(fastavro.schema.fingerprint(fastavro.schema.to_parsing_canonical_form(schema), "CRC-64-AVRO"))


def datum(schema, row):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, row)
    return out.getvalue()


def single_object(schema, row):
    return SINGLE_OBJECT + fingerprint(schema) + datum(schema, row)


def container(schema, rows, codec="null"):
    """Of blocks of about 2,000 bytes."""
    out = io.BytesIO()
    fastavro.writer(out, schema, rows, codec=codec, sync_interval=2000)
    return out.getvalue()
