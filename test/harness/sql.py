"""Pipelines as text: the user's page, and small tables around a stream."""

from harness.laminar import ROOT


def page(name):
    """A pipeline of the user's page, word for word: replication, iot, clickstream, fraud."""
    return (ROOT / "test/sql/page" / f"{name}.sql").read_text()


def table(name, columns, stream, kind, **options):
    """CREATE TABLE for a Kinesis stream; options: source_offset="earliest" becomes 'source.offset' = 'earliest', as do sink_..."""
    written = {"connector": "kinesis", "stream_name": stream, "aws_region": "us-east-1", "type": kind, "format": "json"}
    for option, value in options.items():
        for prefix in ("source_", "sink_", "json_"):
            if option.startswith(prefix):
                option = prefix[:-1] + "." + option[len(prefix):]
        written[option] = value
    listed = ",\n    ".join(f"'{k}' = '{v}'" if "." in k else f"{k} = '{v}'" for k, v in written.items() if v is not None)
    return f"CREATE TABLE {name} (\n    {columns}\n) WITH (\n    {listed}\n);\n"


def source(name, columns, stream, offset="earliest", **options):
    return table(name, columns, stream, "source", source_offset=offset, **options)


def sink(name, columns, stream, **options):
    return table(name, columns, stream, "sink", **options)


def copy(input_stream, output_stream, columns="n BIGINT, k TEXT", offset="earliest", sink_options=None, **source_options):
    """A pipeline that copies every row."""
    return (source("copied", columns, input_stream, offset, **source_options) + sink("copies", columns, output_stream, **(sink_options or {}))
            + "INSERT INTO copies SELECT * FROM copied;\n")


def printed(input_stream, columns="n BIGINT, k TEXT", offset="earliest", **options):
    """A pipeline that prints every row to the terminal."""
    return source("read", columns, input_stream, offset, **options) + "SELECT * FROM read;\n"


def without_columns(script):
    """The first table takes its columns from its format."""
    begin, end = script.index("(\n"), script.index(") WITH")
    return script[:begin] + script[end + 2:]


def file_table(name, columns, path, format, **options):
    """CREATE TABLE for a file; options by their full names."""
    written = {"connector": "single_file", "path": path, "format": format, **options}
    listed = ", ".join(f"'{k}' = '{v}'" for k, v in written.items())
    return f"CREATE TABLE {name} ({columns}) WITH ({listed});\n"
