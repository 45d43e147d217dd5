"""JSON's options by the real binary: columns of a JSON Schema, names in any case, unknown fields."""

import json

import pytest

from harness.streams import create_stream, put_all, read_all


def file_table(columns, **options):
    listed = "".join(f", '{name}' = '{value}'" for name, value in options.items())
    return f"CREATE TABLE t{columns} WITH (connector = 'single_file', path = 'f', format = 'json'{listed});\nSELECT * FROM t;"


ORDER_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["orderId", "at"],
    "properties": {
        "orderId": {"type": "integer"}, "at": {"type": "string", "format": "date-time"}, "customer": {"$ref": "#/$defs/customer"},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}, "qty": {"type": "integer"}}}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}}, "photo": {"type": "string", "contentEncoding": "base64"},
    },
    "$defs": {"customer": {"oneOf": [{"type": "null"}, {"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}, "tier": {"enum": ["a", "b"]}}}]}},
}  # fmt: skip


def test_columns_of_a_json_schema(quick_server, new_name, laminar, tmp_path):
    """Of the schema's own file and text, at both ends, with event time, whatever the producer's case."""
    client, orders, copies = quick_server.client(), new_name("orders"), new_name("copies")
    create_stream(client, orders, 1)
    create_stream(client, copies, 1)
    rows = [{"orderId": n, "at": f"2026-01-01T00:00:{n:02d}.000Z", "customer": n % 2 and {"id": "6f1f0e1e-6c6d-4a8a-9b3b-0d6f7a8b9c0d", "tier": "a"} or None,
             "lines": [{"sku": f"s-{n}", "qty": n}] * (n % 3), "labels": {"k": str(n)}, "photo": "AP8="} for n in range(20)]
    put_all(client, orders, [json.dumps(row).replace("orderId", "ORDERID" if row["orderId"] % 2 else "orderId").encode() for row in rows])
    (tmp_path / "order.schema.json").write_text(json.dumps(ORDER_SCHEMA))
    options = "connector = 'kinesis', aws_region = 'us-east-1', format = 'json'"
    script = (f"CREATE TABLE o WITH ({options}, 'json.schema_file' = '{tmp_path}/order.schema.json', stream_name = '{orders}', type = 'source', 'source.offset' = 'earliest', 'json.case_insensitive' = 'true',\n"
              "    'json.unknown_fields' = 'bad_data', event_time_field = 'at');\n"
              f"CREATE TABLE c WITH ({options}, stream_name = '{copies}', type = 'sink', 'json.schema' = '{json.dumps(ORDER_SCHEMA)}');\n"
              "INSERT INTO c SELECT * FROM o;")
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    found = [json.loads(r.data) for r in read_all(client, copies)]
    assert sorted(found, key=lambda row: row["orderId"]) == rows

    put_all(client, orders, [b'{"orderId": 1, "at": "2026-01-01T00:00:00Z", "lines": [{"sku": "s", "price": 1}]}'])
    one_column = script.split("CREATE TABLE c")[0] + "SELECT orderId FROM o;"
    failed = laminar("run", "--until-caught-up", script=one_column, endpoint=quick_server.endpoint).expect(1)
    assert 'at [0]: unknown field "price"' in failed.stderr and "column lines" in failed.stderr, failed.describe()


def of_schema(schema, columns=""):
    return file_table(columns, **{"json.schema": json.dumps(schema)})


@pytest.mark.parametrize("script,words", [
    (of_schema({"properties": {"node": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"properties": {"next": {"$ref": "#/$defs/n"}}}}}),
     "at /properties/node/properties/next: through $ref \"#/$defs/n\" the schema contains itself"),
    (of_schema({"properties": {"id": {}, "ID": {}}}), "at /properties/ID: its name differs from that of \"id\" by case only"),
    (of_schema(ORDER_SCHEMA, " (orderid BIGINT)"), "did you mean orderId?"),
    (file_table(" (a BIGINT)", **{"json.unknown_fields": "fail"}), "json.unknown_fields"),
    (file_table(" (a BIGINT, A BIGINT)", **{"json.case_insensitive": "true"}), "table t has two columns named A"),
    (file_table(" (a STRUCT(b BIGINT, B BIGINT))", **{"json.case_insensitive": "true"}), "duplicate STRUCT type argument name"),
    (file_table(" (value JSON)", **{"json.unstructured": "true", "json.case_insensitive": "true"}), "looks at no fields"),
], ids=lambda value: value[:40] if not value.startswith("CREATE") else "")  # fmt: skip
def test_what_json_cannot_do_is_said_while_planning(laminar, script, words):
    run = laminar("check", script=script)
    assert run.wait() == 2, run.describe()
    assert words in run.stderr and ".sql:" in run.stderr and "has no columns" not in run.stderr, run.describe()
