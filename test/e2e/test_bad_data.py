"""bad_data: one record in a thousand that cannot be taken, of every kind: it stops the pipeline, is dropped, or is kept and put back."""

import base64
import gzip
import json
import random

import pytest
import zstandard

from harness.process import wait_for
from harness.sql import file_table, sink, source
from harness.streams import create_stream, put_all, read_all

BAD = [
    b'{"n": 1, "k": "tru',
    b'{"n": "no number", "k": "a"}',
    b'{"n": ' + b"[" * 3000 + b"]" * 3000 + b', "k": "deep"}',
    b'{"n": 2, "k": "not \xff UTF-8"}',
    b'{"n": ' + b"9" * 700_000 + b', "k": "long"}',
    b"\x00\x01\x02\xfe",
    b'{"k": "n is missing"}',
    b"plain text\n",
]
COLUMNS = "n BIGINT NOT NULL, k TEXT"


def rows(count):
    for n in range(count):
        yield b'{"n": %d, "k": "key %d"}' % (n, n % 7)


def fill(client, name, count=8000):
    """Every thousandth record is one of BAD; (those that are good, n by n)."""
    create_stream(client, name, 2)
    records = []
    for n, row in enumerate(rows(count)):
        records.append(row)
        if n % 1000 == 500:
            records.append(BAD[n // 1000 % len(BAD)])
    put_all(client, name, records)
    return list(range(count))


def pipeline(read, written, **options):
    return (source("r", COLUMNS, read, **options) + sink("w", "n BIGINT, k TEXT", written) + "INSERT INTO w SELECT n, k FROM r;\n")


def numbers(client, name):
    return sorted(json.loads(record.data)["n"] for record in read_all(client, name))


def letters_of(lines):
    return [json.loads(line) for line in lines]


def bytes_of(letters):
    """What the letters hold, those of several parts put together."""
    whole = {}
    for letter in letters:
        place = (letter["shard"], letter["sequence_number"], letter.get("sub_sequence_number"))
        whole.setdefault(place, {})[letter.get("part") or 1] = base64.b64decode(letter["data"])
    return sorted(b"".join(parts[part] for part in sorted(parts)) for parts in whole.values())


def test_fail_names_it_and_drop_counts_it(quick_server, new_name, laminar):
    client = quick_server.client()
    read, written = new_name("bad"), new_name("bad-out")
    good = fill(client, read)
    create_stream(client, written, 1)
    stopped = laminar("run", "--until-caught-up", script=pipeline(read, written), endpoint=quick_server.endpoint).expect(1)
    assert f"bad data in table r (stream {read}, shard shardId-" in stopped.stderr and "sequence number" in stopped.stderr
    assert "dead_letter" in stopped.stderr
    create_stream(client, clean := new_name("bad-out"), 1)
    dropped = laminar("run", "--until-caught-up", "--log-format", "json", script=pipeline(read, clean, bad_data="drop"),
                      endpoint=quick_server.endpoint).expect(0)
    assert numbers(client, clean) == good
    assert dropped.total()["bad_rows"] == len(BAD)


def test_dead_letters_in_a_file_hold_the_bytes_and_are_put_back(quick_server, new_name, laminar, tmp_path):
    client = quick_server.client()
    read, written, back = new_name("letters"), new_name("letters-out"), new_name("letters-back")
    good = fill(client, read)
    for name in (written, back):
        create_stream(client, name, 1)
    path = tmp_path / "bad.jsonl"
    script = pipeline(read, written, bad_data="dead_letter", **{"dead_letter.path": path})
    done = laminar("run", "--until-caught-up", "--log-format", "json", script=script, endpoint=quick_server.endpoint).expect(0)
    assert numbers(client, written) == good
    letters = letters_of(path.read_text().splitlines())
    assert bytes_of(letters) == sorted(BAD)
    for letter in letters:
        assert letter["table"] == "r" and letter["source"] == f"stream {read}" and letter["shard"].startswith("shardId-")
        assert letter["reason"] and letter["time"] and letter["arrival_time"] and letter["partition_key"]
    assert done.total()["dead_letters"] == len(letters)
    keys = {record.data: record.key for record in read_all(client, read)}
    laminar("replay", path, "--into", back, "--region", "us-east-1", endpoint=quick_server.endpoint).expect(0)
    records = read_all(client, back)
    assert sorted(record.data for record in records) == sorted(BAD)
    assert all(record.key == keys[record.data] for record in records)
    # Once more, with every letter twice, as after a crash: each record once; and into a file.
    path.write_text(path.read_text() * 2)
    file = tmp_path / "back.jsonl"
    again = laminar("replay", path, "--into", file, endpoint=quick_server.endpoint).expect(0)
    assert f"{len(letters)} letters are of records that another one holds" in again.stderr
    assert file.read_bytes().count(b"plain text\n") == 1 and file.stat().st_size == sum(len(b) + (not b.endswith(b"\n")) for b in BAD)


def test_dead_letters_in_a_stream_are_put_back(quick_server, new_name, laminar):
    client = quick_server.client()
    read, written, letters, back = (new_name("letters") for _ in range(4))
    good = fill(client, read)
    for name in (written, letters, back):
        create_stream(client, name, 2)
    script = pipeline(read, written, bad_data="dead_letter", **{"dead_letter.stream": letters})
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    assert numbers(client, written) == good
    assert bytes_of(letters_of(record.data for record in read_all(client, letters))) == sorted(BAD)
    laminar("replay", letters, "--into", back, "--region", "us-east-1", endpoint=quick_server.endpoint).expect(0)
    assert sorted(record.data for record in read_all(client, back)) == sorted(BAD)


LETTER = {"table": "o", "source": "stream o", "shard": "s-1", "partition_key": "k", "reason": "r"}


def letter(number):
    return json.dumps(LETTER | {"sequence_number": str(number), "data": base64.b64encode(b"r%d" % number).decode()}) + "\n"


def test_a_file_with_a_line_that_is_no_letter_puts_nothing_back(laminar, tmp_path):
    path, back = tmp_path / "letters.jsonl", tmp_path / "back"
    good = [letter(n) for n in range(3000)]
    path.write_text("".join(good[:2500]) + good[2500][:60] + "\n" + '{"n": 1}\n' + "".join(good[2500:]))
    said = laminar("replay", path, "--into", back).expect(1).stderr
    assert f"file {path}, line 2501 is no dead letter: " in said and "1 more line is none either" in said and "Nothing was put back yet" in said
    assert not back.exists()
    path.write_text("".join(good))
    said = laminar("replay", path, "--into", back).expect(0).stderr
    assert "laminar: 3,000 records were put back" in said and f'from="file {path}" into="file {back}"' in said
    assert back.read_text() == "".join(f"r{n}\n" for n in range(3000))


def test_what_is_no_letter_in_a_stream_is_left_out_and_counted(quick_server, new_name, laminar, tmp_path):
    client, name, back = quick_server.client(), new_name("letters"), tmp_path / "back"
    create_stream(client, name, 1)
    put_all(client, name, [letter(0).encode(), b"no letter", letter(1).encode(), letter(1).encode(), b'{"n": 1}'])
    where = ("--region", "us-east-1", "--into", back)
    said = laminar("replay", name, *where, endpoint=quick_server.endpoint).expect(1).stderr
    assert "laminar: 2 lines or records are no dead letters: they were left out" in said and "laminar: 2 records were put back" in said
    assert said.count("row dropped: bad data") == 2 and f"stream {name}" in said
    assert back.read_text() == "r0\nr1\n"
    lines = [json.loads(line) for line in laminar("replay", name, *where, "--log-format", "json", endpoint=quick_server.endpoint).expect(1).stderr.splitlines()]
    counts = [(line["level"], line["message"][:30], line.get("letters") or line.get("records")) for line in lines[-3:]]
    assert counts == [("info", "letters are of records that an", 1), ("warning", "lines or records are no dead l", 2), ("info", "records were put back", 2)]


def test_a_replay_that_fails_says_what_it_put_back(quick_server, laminar, tmp_path):
    path = tmp_path / "letters.jsonl"
    path.write_text(letter(0))
    said = laminar("replay", path, "--into", "no-such-stream", "--region", "us-east-1", endpoint=quick_server.endpoint).expect(1).stderr
    assert "no-such-stream" in said and "laminar: nothing was put back" in said
    assert "nothing.jsonl was taken for a stream" in laminar("replay", "nothing.jsonl", "--into", "x", "--region", "us-east-1", endpoint=quick_server.endpoint).expect(1).stderr
    assert "No such file" in laminar("replay", "./nothing.jsonl", "--into", "x").expect(1).stderr
    # Nor does it leave a file that was not there.
    new = tmp_path / "new"
    said = laminar("replay", "no-such-stream", "--into", new, "--region", "us-east-1", endpoint=quick_server.endpoint).expect(1).stderr
    assert "laminar: nothing was put back" in said and not new.exists()
    new.write_text("")
    laminar("replay", "no-such-stream", "--into", new, "--region", "us-east-1", endpoint=quick_server.endpoint).expect(1)
    assert new.read_text() == ""


def test_a_target_that_may_be_a_file_or_a_stream_is_refused(laminar, tmp_path):
    (tmp_path / "letters.jsonl").write_text(letter(0))
    (tmp_path / "orders").write_text("")
    said = laminar("replay", "letters.jsonl", "--into", "orders", cwd=tmp_path).expect(2).stderr
    assert "--into orders may be a stream, and is a file here" in said and "./orders" in said and "ARN" in said
    laminar("replay", "letters.jsonl", "--into", "./orders", cwd=tmp_path).expect(0)
    assert (tmp_path / "orders").read_text() == "r0\n"


def test_lines_of_one_record_cost_only_themselves(quick_server, new_name, laminar, tmp_path):
    client = quick_server.client()
    read, written = new_name("lines"), new_name("lines-out")
    for name in (read, written):
        create_stream(client, name, 1)
    put_all(client, read, [b'{"n": 1, "k": "a"}\n{"n": "two"}\n{"n": 3, "k": "c"}\n{"n": 4, "k"\n{"n": 5}\n'])
    path = tmp_path / "bad.jsonl"
    script = pipeline(read, written, bad_data="dead_letter", **{"dead_letter.path": path})
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    assert numbers(client, written) == [1, 3, 5]
    letters = letters_of(path.read_text().splitlines())
    assert [(base64.b64decode(letter["data"]), letter["line"]) for letter in letters] == [(b'{"n": "two"}', 2), (b'{"n": 4, "k"', 4)]


def test_bad_values_on_one_line_are_all_put_back(quick_server, new_name, laminar, tmp_path):
    client = quick_server.client()
    read, written = new_name("line"), new_name("line-out")
    for name in (read, written):
        create_stream(client, name, 1)
    put_all(client, read, [b'{"n": "a"}{"n": 1}{"n": "b"}{"n": "b"}'])
    path, back = tmp_path / "bad.jsonl", tmp_path / "back.jsonl"
    script = "SET pipeline.name = 'one line';\n" + pipeline(read, written, bad_data="dead_letter", **{"dead_letter.path": path})
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    assert numbers(client, written) == [1]
    letters = letters_of(path.read_text().splitlines())
    assert [letter["offset"] for letter in letters] == [0, 18, 28] and {letter["pipeline"] for letter in letters} == {"one line"}
    path.write_text(path.read_text() * 2)
    laminar("replay", path, "--into", back).expect(0)
    assert back.read_bytes() == b'{"n": "a"}\n{"n": "b"}\n{"n": "b"}\n'


def test_a_row_on_which_an_expression_fails_is_kept(quick_server, new_name, laminar, tmp_path):
    client = quick_server.client()
    read, written = new_name("expressions"), new_name("expressions-out")
    for name in (read, written):
        create_stream(client, name, 1)
    put_all(client, read, [b'{"n": 1, "k": "1"}', b'{"n": 2, "k": "two"}', b'{"n": 3, "k": "3"}'])
    path = tmp_path / "bad.jsonl"
    script = (source("r", COLUMNS, read, bad_data="dead_letter", **{"dead_letter.path": path}) + sink("w", "n BIGINT", written)
              + "INSERT INTO w SELECT n + k::BIGINT FROM r;\n")
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    assert numbers(client, written) == [2, 6]
    [letter] = letters_of(path.read_text().splitlines())
    assert base64.b64decode(letter["data"]) == b'{"n": 2, "k": "two"}' and "two" in letter["reason"]


def test_no_letter_is_lost_when_the_pipeline_is_killed(quick_server, new_name, laminar, tmp_path):
    client = quick_server.client()
    read, written = new_name("killed"), new_name("killed-out")
    for name in (read, written):
        create_stream(client, name, 2)
    path = tmp_path / "bad.jsonl"
    script = tmp_path / "pipeline.sql"
    script.write_text(pipeline(read, written, bad_data="dead_letter", **{"dead_letter.path": path}))
    arguments = ("run", "--state-dir", tmp_path / "state", "--checkpoint-interval", "300ms", script)
    bad = [b'{"n": "bad %d"}' % n for n in range(300)]
    for round_ in range(6):
        with laminar(*arguments, endpoint=quick_server.endpoint) as run:
            run.wait_reading()
            put_all(client, read, bad[round_ * 50:round_ * 50 + 50])
            wait_for(lambda: path.exists() and path.read_text().count("\n") > random.randrange(round_ * 50, round_ * 50 + 50), 30, run.describe)
            run.process.kill()
    laminar(*arguments, "--until-caught-up", endpoint=quick_server.endpoint).expect(0)
    assert set(bytes_of(letters_of(path.read_text().splitlines()))) == set(bad)


def test_a_burst_of_bad_data_stops_with_a_summary(quick_server, new_name, laminar, tmp_path):
    client = quick_server.client()
    read, written = new_name("burst"), new_name("burst-out")
    for name in (read, written):
        create_stream(client, name, 1)
    put_all(client, read, [b'{"n": "bad %d"}' % n for n in range(30)] + [b'{"n": 1, "k' for _ in range(30)])
    script = pipeline(read, written, bad_data="drop", **{"bad_data.max_rate": 50})
    stopped = laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(1)
    assert "more than 50 rows within a minute" in stopped.stderr and "30 x column n: expected BIGINT, found the string" in stopped.stderr
    assert "21 x " in stopped.stderr
    # What becomes of them a run says that has come to its end.
    letters = tmp_path / "letters.jsonl"
    script = pipeline(read, written, bad_data="dead_letter", **{"bad_data.max_rate": 5, "dead_letter.path": str(letters)})
    stopped = laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(1)
    assert ", 6 bad rows, " in stopped.stderr and "dropped" not in stopped.stderr and letters.read_text() == ""


def test_what_cannot_be_meant_is_said_with_its_place(laminar):
    def problem(**options):
        checked = laminar("check", script=pipeline("a", "b", **options)).expect(2)
        return checked.stderr

    assert "does not say where the records go" in problem(bad_data="dead_letter")
    assert "only for bad_data = 'dead_letter'" in problem(**{"dead_letter.path": "x"})
    assert "the stream that the table reads" in problem(bad_data="dead_letter", **{"dead_letter.stream": "a"})
    assert "both dead_letter.path and dead_letter.stream" in problem(bad_data="dead_letter", **{"dead_letter.stream": "c", "dead_letter.path": "x"})
    assert "the first such row stops the pipeline" in problem(**{"bad_data.max_rate": 5})
    assert "cannot be the name of a stream" in problem(bad_data="dead_letter", **{"dead_letter.stream": "no name"})


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_lines_of_csv_go_back_into_a_file_with_one_header(quick_server, new_name, laminar, tmp_path, compression):
    client, read, into = quick_server.client(), new_name("csv"), new_name("csv-back")
    for name in (read, into):
        create_stream(client, name, 1)
    packed = {"none": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}[compression]
    # Lines that are bad, a record that is as a whole, one whose expression fails, quotes with line feeds.
    for text in (b'a,"b\nc"\r\n1,one\r\nx,"t\nwo"\r\n3,three\r\ny,four', b'a,"b\nc"\r\nz,five\r\n', b'a,"b\nc"\r\n0,six\r\n7,seven\r\n'):
        put_all(client, read, [packed(text)])
    letters, back = tmp_path / "letters.jsonl", tmp_path / "back.csv"
    columns, options = 'a BIGINT, "b\nc" TEXT', {"format": "csv", "csv.header": "first_line", "compression": compression}
    script = (source("r", columns, read, bad_data="dead_letter", **{"dead_letter.path": letters}, **options) + "CREATE TABLE w WITH (connector = 'stdout');\n"
              + 'INSERT INTO w SELECT a, (CASE WHEN a = 0 THEN \'none\' ELSE \'1\' END)::BIGINT AS n FROM r;\n')
    laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
    kept = letters_of(letters.read_text().splitlines())
    assert len(kept) == 4 and {letter["header_bytes"] for letter in kept} == {9}

    def rows(table):
        script = table + "CREATE TABLE o WITH (connector = 'stdout');\nINSERT INTO o SELECT a || '|' || \"b\nc\" AS v FROM r;\n"
        done = laminar("run", "--until-caught-up", script=script, endpoint=quick_server.endpoint).expect(0)
        return sorted(json.loads(line)["v"] for line in done.stdout.splitlines())

    columns = 'a TEXT, "b\nc" TEXT'
    in_file = file_table("r", columns, back, type="source", **options)
    wanted = ["0|six", "7|seven", "x|t\nwo", "y|four", "z|five"]
    said = laminar("replay", letters, "--into", back).expect(0).stderr
    assert "laminar: 4 records were put back" in said and rows(in_file) == wanted
    # To a file that has them, to one with another header, and into a stream, where each record has its own.
    laminar("replay", letters, "--into", back).expect(0)
    assert rows(in_file) == sorted(wanted * 2)
    other = tmp_path / "other.csv"
    other.write_bytes(others := packed(b"b,a\none,1\n"))
    said = laminar("replay", letters, "--into", other).expect(1).stderr
    assert f"the file {other} does not begin with the header" in said and other.read_bytes() == others
    laminar("replay", letters, "--into", into, "--region", "us-east-1", endpoint=quick_server.endpoint).expect(0)
    assert rows(source("r", columns, into, **options)) == wanted


def test_a_file_takes_what_can_be_read_there(laminar, tmp_path):
    path, back = tmp_path / "letters.jsonl", tmp_path / "back"

    def replay(*data, format="json", code=0):
        path.write_text("".join(json.dumps(LETTER | {"sequence_number": str(n), "format": format, "data": base64.b64encode(each).decode()}) + "\n"
                                for n, each in enumerate(data)))  # fmt: skip
        return laminar("replay", path, "--into", back).expect(code).stderr

    back.write_bytes(b'{"n": 0}')  # without a line end
    assert "laminar: 1 record was put back" in replay(b'{"n": 1}')
    assert back.read_bytes() == b'{"n": 0}\n{"n": 1}\n'
    # A file that is compressed stays so as a whole, and what would end it is left out.
    back.write_bytes(gzip.compress(b'{"n": 0}\n'))
    damaged = gzip.compress(b'{"n": 9}')[:-9]
    said = replay(b'{"n": 1}', damaged, gzip.compress(b'{"n": 2}'), zstandard.compress(b'{"n": 3}\n'), code=1)
    assert "1 record cannot be decompressed" in said and "laminar: 3 records were put back" in said
    assert gzip.decompress(back.read_bytes()) == b'{"n": 0}\n{"n": 1}\n{"n": 2}\n{"n": 3}\n'
    for format, data in (("parquet", b"PAR1"), ("avro", b"\xc3\x01"), ("raw", b"x"), ("json", b"\x00\x00\x00\x00\x01{}")):
        said = replay(data, format=format, code=1)
        assert f"a record of the format {format} cannot stand in a file with others" in said and "into a stream" in said, said
    back.unlink()
    assert "nothing was put back" in replay(b"PAR1", format="parquet", code=1) and not back.exists()
    said = laminar("replay", path, "--into", f"{tmp_path}/./letters.jsonl").expect(2).stderr
    assert "is where the letters are" in said
    path.write_text("")
    assert "there was nothing to put back" in laminar("replay", path, "--into", tmp_path / "new").expect(0).stderr and not (tmp_path / "new").exists()
    assert "name another file" in laminar("replay", path, "--into", tmp_path / "none/new").expect(1).stderr
