"""Row groups of Parquet that a WHERE rules out are not read, and nothing else changes: files of pyarrow, random ones too."""

import datetime
import decimal
import io
import json
import math
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.sql import file_table, source
from harness.streams import create_stream, put_all

DAY = datetime.datetime(2026, 1, 1)


def numbers(groups, rows, **columns):
    """A file of `groups` row groups of `rows` numbers n each."""
    out = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array(range(groups * rows), pa.int64()), **columns}), out, row_group_size=rows)
    return out.getvalue()


def damage(file, groups):
    """The same file with row groups, by their numbers, that nobody can read."""
    spoiled = bytearray(file)
    metadata = pq.read_metadata(io.BytesIO(file))
    for group in groups:
        for column in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(column)
            begin = chunk.dictionary_page_offset or chunk.data_page_offset
            spoiled[begin:begin + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    return bytes(spoiled)


@pytest.mark.parametrize("where", ["n >= 2000 AND n < 3000", "n BETWEEN 2000 AND 2999", "2500 = n", "n IN (2001, 2002, 2500)", "t = '2 of the devices'", "t > '1x' AND t < '2z'", "x > 5.5 AND x < 6.5",
                                   "random() >= 0 AND n > 1999 AND n < 3000", "n < 3000 AND n > 1999 AND 1 // (n - 5) < 7"])
def test_what_is_ruled_out_is_not_read(laminar, tmp_path, where):
    file = numbers(5, 1000, t=pa.array([f"{n // 1000} of the devices" for n in range(5000)]), x=pa.array([n // 1000 * 3.0 for n in range(5000)]))
    (tmp_path / "in.parquet").write_bytes(damage(file, [0, 1, 3, 4]))
    script = file_table("t", "n BIGINT NOT NULL, t TEXT, x DOUBLE", tmp_path / "in.parquet", format="parquet") + f"SELECT n FROM t WHERE {where};"
    run = laminar("run", "--log-format", "json", script=script).expect(0)
    (tmp_path / "whole.parquet").write_bytes(file)
    assert run.rows() == laminar("run", script=script.replace("in.parquet", "whole.parquet").replace("WHERE", "WHERE NOT isnan(n::DOUBLE) AND")).expect(0).rows()
    assert run.rows() and run.total()["rows_in"] == 5000, run.describe()


@pytest.mark.parametrize("columns, query", [
    ("n BIGINT", "SELECT n FROM t;"),
    ("n BIGINT", "SELECT n FROM t WHERE n > 2500; SELECT n FROM t WHERE n > 2600;"),  # read once for both
    ("n BIGINT", "SELECT n FROM t WHERE 1 // (n - 5) < 7 AND n > 2500;"),  # fails on a row that the second condition rules out
    ("n BIGINT", "SELECT n FROM t WHERE n % 2 = 0;"),
    ("n BIGINT, d DOUBLE", "SELECT n FROM t WHERE d > 5 AND d <> 7 AND d >= 8;"),  # NaN would pass
    ("n INTEGER", "SELECT n FROM t WHERE n > 2500;"),  # a value might not fit
    ("n TEXT", "SELECT n FROM t WHERE n > '2500';"),  # texts have another order
    ("n BIGINT, x BIGINT NOT NULL", "SELECT n FROM t WHERE n > 2500;"),  # x has a NULL
    ("n BIGINT, ts TIMESTAMP", "SELECT count(*) FROM t WHERE n > 2500 GROUP BY TUMBLE(ts, INTERVAL '1' HOUR);"),  # all rows move time on
])  # fmt: skip
def test_what_might_show_is_read(laminar, tmp_path, columns, query):
    file = numbers(3, 1000, ts=pa.array([DAY] * 3000, pa.timestamp("us")), x=pa.array([None] + [1] * 2999, pa.int64()),
                   d=pa.array([1.0] * 2000 + [9.0] * 1000))
    (tmp_path / "in.parquet").write_bytes(damage(file, [0, 1]))
    run = laminar("run", script=file_table("t", columns, tmp_path / "in.parquet", format="parquet") + query).expect(1)
    assert "it cannot be read as a Parquet file" in run.stderr, run.describe()


def test_a_stream_that_filters_has_many_readers(laminar, tmp_path):
    (tmp_path / "in.parquet").write_bytes(damage(numbers(3, 1000), [0, 1]))
    script = (file_table("t", "n BIGINT", tmp_path / "in.parquet", format="parquet") + "CREATE TABLE late (n BIGINT);\nINSERT INTO late SELECT n FROM t WHERE n >= 2000;\n"
              "SELECT n FROM late WHERE n < 2010; SELECT n FROM late WHERE n > 2995;")  # fmt: skip
    assert sorted(row["n"] for row in laminar("run", script=script).expect(0).rows()) == [*range(2000, 2010), *range(2996, 3000)]


def test_the_plan_says_what_is_pushed_down(laminar):
    table = "CREATE TABLE t (a DOUBLE, b TEXT, c BIGINT) WITH (connector = 'kinesis', stream_name = 's', 'source.offset' = 'earliest', format = '{}');\n"
    query = "SELECT c FROM t WHERE a < 30 AND b IN ('x', 'y') AND upper(b) <> 'Z' AND c IS NOT NULL;"
    plan = laminar("explain", script=table.format("parquet") + query).expect(0).stdout
    assert plan.endswith("pushed down: b IN ('x', 'y') AND c IS NOT NULL AND a<30.0"), plan
    assert "pushed down" not in laminar("explain", script=table.format("json") + query).expect(0).stdout


def test_records_of_a_stream_are_skipped_and_counted(quick_server, new_name, laminar):
    client = quick_server.client()
    stream = new_name("mostly-cold")
    create_stream(client, stream, 2)
    records = [numbers(2, 50) if i % 10 == 0 else damage(numbers(2, 50, pad=pa.array([i] * 100)), [0]) for i in range(40)]
    put_all(client, stream, records)
    script = source("t", "n BIGINT", stream, format="parquet") + "SELECT n FROM t WHERE n >= 90;"
    run = laminar("run", "--until-caught-up", "--log-format", "json", script=script, endpoint=quick_server.endpoint).expect(0)
    assert sorted(row["n"] for row in run.rows()) == sorted(40 * list(range(90, 100)))
    assert run.total()["rows_in"] == 4000, run.describe()


def test_rows_that_fail_are_named_by_their_place_in_the_file(laminar, tmp_path):
    (tmp_path / "in.parquet").write_bytes(numbers(10, 100))
    script = file_table("t", "n BIGINT", tmp_path / "in.parquet", format="parquet") + "SELECT 'x'::BIGINT + n FROM t WHERE n IN (345, 712) AND n <> 345;"
    script = script.replace("'x'::BIGINT + n", "(CASE WHEN n = 712 THEN 'x' ELSE '1' END)::BIGINT")
    run = laminar("run", script=script).expect(1)
    assert "in.parquet, row 713" in run.stderr, run.describe()


# Columns of random files: SQL type, Arrow type, and what makes a value of a number from 0 to 99, in its order.
LONG = "a text that is longer than what statistics keep of it, and then some more of the same kind, "
TYPES = [
    ("BIGINT", pa.int64(), lambda n: (n - 50) * 10**17),
    ("TINYINT", pa.int8(), lambda n: n - 50),
    ("UINTEGER", pa.uint32(), lambda n: n * 40_000_000),
    ("UBIGINT", pa.uint64(), lambda n: n * 180_000_000_000_000_000),
    ("DOUBLE", pa.float64(), lambda n: [-math.inf, -0.0, 0.0, math.inf, math.nan][n % 5] if n < 10 else (n - 50) / 7),
    ("FLOAT", pa.float32(), lambda n: math.nan if n > 90 else float(n - 50)),
    ("BOOLEAN", pa.bool_(), lambda n: n >= 50),
    ("TEXT", pa.string(), lambda n: chr(32 + n) * (n % 4) if n < 90 else "\U0010ffff" * (n - 89)),
    ("TEXT", pa.string(), lambda n: LONG * 3 + str(n)),
    ("DECIMAL(9, 2)", pa.decimal128(9, 2), lambda n: decimal.Decimal((n - 50) * 19_999_999).scaleb(-2)),
    ("DECIMAL(38, 4)", pa.decimal128(38, 4), lambda n: decimal.Decimal((n - 50) * 10**36).scaleb(-4)),
    ("DATE", pa.date32(), lambda n: (DAY + datetime.timedelta(days=(n - 50) * 10_000)).date()),
    ("TIMESTAMP", pa.timestamp("us"), lambda n: DAY + datetime.timedelta(days=(n - 50) * 10_000, microseconds=n)),
    ("TIMESTAMP", pa.timestamp("ns"), lambda n: DAY + datetime.timedelta(days=n - 50)),
    ("TIMESTAMPTZ", pa.timestamp("us", "UTC"), lambda n: (DAY + datetime.timedelta(hours=n)).replace(tzinfo=datetime.timezone.utc)),
    ("TIME", pa.time64("us"), lambda n: datetime.time(n % 24, n % 60)),
    ("SMALLINT", pa.int32(), lambda n: n - 50),
    ("BIGINT", pa.int16(), lambda n: n - 50),
]  # fmt: skip


def sql_value(type, value):
    if isinstance(value, float):
        return f"'{value}'::{type}"
    return f"'{str(value).replace(chr(39), chr(39) * 2)}'::{type}" if not isinstance(value, bool) else str(value)


def random_condition(dice, column, type, make):
    value = lambda: sql_value(type, make(dice.randrange(100)))  # noqa: E731
    kind = dice.randrange(10)
    if kind < 5:
        return f"{column} {dice.choice(['=', '<>', '<', '<=', '>', '>='])} {value()}"
    if kind == 5:
        return f"{column} IN ({value()}, {value()}, {value()})"
    if kind == 6:
        return f"{column} BETWEEN {value()} AND {value()}"
    if kind == 7:
        return f"{value()} {dice.choice(['<', '>='])} {column}"
    return f"{column} IS {dice.choice(['', 'NOT '])}NULL"


def random_table(dice, rows):
    """Runs of like values, of equal ones, of NULLs, so that much can be ruled out."""
    columns = {}
    for i, (_, type, make) in enumerate(TYPES):
        values = []
        while len(values) < rows:
            low, spread = dice.randrange(100), dice.choice([1, 1, 10, 100])
            nulls = dice.choice([0, 0, 0.1, 1])
            values += [None if dice.random() < nulls else make(min(99, low + dice.randrange(spread))) for _ in range(dice.choice([5, 20, 60]))]
        columns[f"c{i}"] = pa.array(values[:rows], type)
    return pa.table(columns)


@pytest.mark.parametrize("options", [{}, {"write_statistics": False}, {"use_deprecated_int96_timestamps": True}, {"use_dictionary": False, "version": "1.0", "coerce_timestamps": None}, {"data_page_version": "2.0", "compression": "zstd"},
                                     {"write_page_index": True, "use_dictionary": ["c0", "c8"]}], ids=str)
def test_random_files_and_conditions_give_the_same_rows(laminar, tmp_path, options):
    dice = random.Random(str(options))
    columns = "i BIGINT, " + ", ".join(f"c{i} {sql}" for i, (sql, *_) in enumerate(TYPES))
    for _ in range(3):
        rows = dice.choice([50, 400, 1000])
        table = random_table(dice, rows).add_column(0, "i", pa.array(range(rows), pa.int64()))
        pq.write_table(table, tmp_path / "in.parquet", row_group_size=dice.choice([1, 20, 50]), **options)
        script, wheres = file_table("whole", columns, tmp_path / "in.parquet", format="parquet"), []
        for n in range(60):
            picked = dice.choices(range(len(TYPES)), k=dice.choice([1, 1, 2, 3]))
            picked += dice.choice([[], picked[:1]])
            wheres.append(" AND ".join(random_condition(dice, f"c{i}", TYPES[i][0], TYPES[i][2]) for i in picked))
            script += file_table(f"t{n}", columns, tmp_path / "in.parquet", format="parquet")
            for kind, name in (("a", "whole"), ("b", f"t{n}")):
                script += file_table(f"{kind}{n}", "i BIGINT", tmp_path / f"{kind}{n}.jsonl", format="json") + f"INSERT INTO {kind}{n} SELECT i FROM {name} WHERE {wheres[-1]};\n"
        laminar("run", script=script).expect(0)
        for n, where in enumerate(wheres):
            whole, pushed = ([json.loads(line)["i"] for line in (tmp_path / f"{kind}{n}.jsonl").read_text().splitlines()] for kind in "ab")
            assert pushed == whole, where
