"""State that survives: the binary as a user starts, stops, kills, changes and damages it. Sources are files and generators; kills with streams: test_crashes."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from harness.laminar import Laminar
from harness.process import wait_for
from harness.servers import Moto, boto_client

READINGS = """
CREATE TABLE readings (
    device BIGINT AS (i % {devices}), celsius BIGINT AS (i % 101),
    ts TIMESTAMP AS (TIMESTAMP '2026-01-01' + to_milliseconds(i)), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (connector = 'generator', type = 'source', rows = {rows}{rate});
CREATE TABLE totals WITH (connector = 'single_file', type = 'sink', path = 'totals.jsonl', format = 'json');
INSERT INTO totals SELECT device, count(*) AS n, sum(celsius) AS total, TUMBLE_START(ts, INTERVAL '{window}') AS start
FROM readings GROUP BY device, TUMBLE(ts, INTERVAL '{window}');
"""


def script(rows=100_000, devices=7, rate=None, window="10 seconds"):
    return READINGS.format(rows=rows, devices=devices, rate=f", rows_per_second = {rate}" if rate else "", window=window)


def expected_totals(rows, devices=7, seconds=10):
    totals = {}
    for i in range(rows):
        key = (i % devices, i // (seconds * 1000) * seconds)
        n, total = totals.get(key, (0, 0))
        totals[key] = (n + 1, total + i % 101)
    return sorted((device, start, n, total) for (device, start), (n, total) in totals.items())


def found_totals(folder):
    from datetime import datetime, timezone
    base = datetime(2026, 1, 1, tzinfo=timezone.utc)
    rows = [json.loads(line) for line in (Path(folder) / "totals.jsonl").read_text().splitlines()]
    return sorted((r["device"], int((datetime.fromisoformat(r["start"].replace("Z", "+00:00")) - base).total_seconds()), r["n"], r["total"]) for r in rows)


class Workplace:
    """A folder with a script in it, run again and again on one state."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.state = self.folder / "state"
        self.script = self.folder / "pipeline.sql"

    def write(self, text):
        self.script.write_text(text)
        return self

    def run(self, *arguments, interval="100ms", state=True):
        state_arguments = ["--state-dir", self.state, "--checkpoint-interval", interval] if state else []
        return Laminar(["run", *state_arguments, *arguments, self.script], cwd=self.folder)

    def manifests(self):
        return sorted(self.state.glob("manifest-*"))

    def wait_for_checkpoints(self, run, more=2):
        before = self.manifests()[-1:]
        newest = int(before[0].name[-12:]) if before else 0

        def taken():
            assert run.process.poll() is None, run.describe()
            now = self.manifests()
            return now and int(now[-1].name[-12:]) >= newest + more

        wait_for(taken, 30, lambda: f"checkpoints: {run.describe()}")

    def laminar(self, *arguments):
        with Laminar(arguments, cwd=self.folder) as run:
            code = run.wait()
            return code, run.stdout, run.stderr


@pytest.fixture
def place(tmp_path):
    return Workplace(tmp_path)


def test_a_stop_and_a_kill_change_nothing(place):
    place.write(script(60_000, rate=20_000))
    for sig, parallelism in ((signal.SIGKILL, 1), (signal.SIGTERM, 4), (signal.SIGKILL, 2), (signal.SIGINT, 1)):
        with place.run("-p", parallelism) as run:
            place.wait_for_checkpoints(run)
            if sig == signal.SIGKILL:
                run.process.kill()
                run.process.wait()
            else:
                assert run.stop(sig) == 0, run.describe()
    with place.run("-p", 3) as run:
        assert run.wait() == 0, run.describe()
        assert "goes on from a checkpoint" in run.stderr
    # The file is written at least once: a kill may repeat lines, but every line is right.
    assert sorted(set(found_totals(place.folder))) == expected_totals(60_000)
    with place.run() as run:
        before = found_totals(place.folder)
        assert run.wait() == 0 and "reads what has come since" in run.stderr, run.describe()
        assert found_totals(place.folder) == before
    with place.run("--fresh") as run:
        assert run.wait() == 0 and "begins anew and leaves" in run.stderr, run.describe()
    assert found_totals(place.folder) == expected_totals(60_000)


def test_stops_alone_repeat_nothing(place):
    place.write(script(40_000, rate=20_000))
    for parallelism in (1, 4, 1):
        with place.run("-p", parallelism) as run:
            place.wait_for_checkpoints(run, 1)
            assert run.stop() == 0, run.describe()
    with place.run("-p", 2) as run:
        assert run.wait() == 0, run.describe()
    assert found_totals(place.folder) == expected_totals(40_000)


def test_a_script_without_a_stream_keeps_no_state_unless_told(place):
    place.write(script(1_000))
    for _ in range(2):
        with Laminar(["run", place.script], cwd=place.folder) as run:
            assert run.wait() == 0, run.describe()
            assert not list(Path(run.folder.name).glob(".local/state/**/manifest-*"))
        assert found_totals(place.folder) == expected_totals(1_000)
    for argument in ("--fresh", "--accept-duplicates"):
        with Laminar(["run", argument, place.script], cwd=place.folder) as run:
            assert run.wait() == 2 and "this one keeps none" in run.stderr, run.describe()


def test_two_at_once(place):
    place.write(script(1_000_000, rate=20_000))
    with place.run() as first:
        place.wait_for_checkpoints(first)
        with place.run() as second:
            assert second.wait() == 1, second.describe()
            assert f"in use by another process, {first.pid}" in second.stderr and "--state-dir" in second.stderr, second.describe()
        assert place.laminar("checkpoints", "--state-dir", place.state, place.script)[0] == 0
        assert first.stop() == 0, first.describe()


def test_checkpoints_are_listed_and_shown(place):
    place.write(script(1_000_000, rate=20_000))
    with place.run() as run:
        place.wait_for_checkpoints(run, 5)
        assert run.stop() == 0, run.describe()
    code, out, _ = place.laminar("checkpoints", "--state-dir", place.state, place.script)
    lines = out.splitlines()
    assert code == 0 and len(lines) == 3, out  # the last three are kept
    number = lines[0].split()[0]
    code, out, _ = place.laminar("checkpoints", "--state-dir", place.state, "-c", number, place.script)
    assert code == 0 and "window-1" in out and '"next":' in out and "tumble of 10 s" in out, out
    code, out, _ = place.laminar("checkpoints", "--state-dir", place.state, "-c", number, "--format", "json", place.script)
    assert code == 0 and json.loads(out)["checkpoint"] == int(number)
    code, _, err = place.laminar("checkpoints", "--state-dir", place.state, "-c", "999999", place.script)
    assert code == 2 and "no checkpoint 999999" in err
    named = {part["file"] for manifest in place.manifests() for op in json.loads(manifest.read_bytes()[32:])["operators"].values() for part in op["parts"]}
    assert named == {path.name for path in place.state.glob("state-*")}, "files that no checkpoint names"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A state with three checkpoints, of a pipeline that was stopped."""
    place = Workplace(tmp_path_factory.mktemp("saved")).write("SET pipeline.name = 'saved';\n" + script(1_000_000, rate=50_000, devices=100))
    with place.run() as run:
        place.wait_for_checkpoints(run, 6)
        assert run.stop() == 0, run.describe()
    return place


def copy_of(saved, folder):
    place = Workplace(folder).write(saved.script.read_text().replace("rows = 1000000", "rows = 60000"))
    shutil.copytree(saved.state, place.state)
    shutil.copy(saved.folder / "totals.jsonl", place.folder)
    return place


def damages(files):
    """(what, path, bytes or None) for one damage after the other."""
    for path in files:
        whole = path.read_bytes()
        yield "missing", path, None
        for length in sorted({0, 1, 8, 31, 32, 33, len(whole) // 2, len(whole) - 1}):
            yield f"cut to {length}", path, whole[:length]
        step = max(1, len(whole) // 40)
        for at in sorted({*range(33), *range(0, len(whole), step)}):
            if at < len(whole):
                yield f"byte {at}", path, whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1:]


def test_every_damage_is_seen(saved, tmp_path):
    """By `laminar checkpoints`, which reads what a restart reads, one process for many damages."""
    place = copy_of(saved, tmp_path)
    newest = place.manifests()[-1]
    parts = [place.state / part["file"] for op in json.loads(newest.read_bytes()[32:])["operators"].values() for part in op["parts"]]
    assert parts
    for what, path, damaged in damages([newest, parts[0]]):
        whole = path.read_bytes()
        path.unlink() if damaged is None else path.write_bytes(damaged)
        code, out, err = place.laminar("checkpoints", "--state-dir", place.state, place.script)
        if path == newest and damaged is None:
            assert len(out.splitlines()) == 2
        else:
            assert code == 1 and str(path) in err, f"{what} of {path.name}: exit code {code}\n{out}\n{err}"
        path.write_bytes(whole)


@pytest.mark.parametrize("what", ["manifest", "part", "missing part"])
def test_a_damaged_checkpoint_is_passed_over(saved, tmp_path, what):
    place = copy_of(saved, tmp_path)
    newest = place.manifests()[-1]
    part = place.state / next(iter(json.loads(newest.read_bytes()[32:])["operators"].values()))["parts"][0]["file"]
    victim = newest if what == "manifest" else part
    if what == "missing part":
        victim.unlink()
    else:
        raw = bytearray(victim.read_bytes())
        raw[len(raw) // 2] ^= 1
        victim.write_bytes(raw)
    before = int(place.manifests()[-2].name[-12:])
    with place.run() as run:
        assert run.wait() == 0, run.describe()
        assert str(victim) in run.stderr and f"checkpoint={before}" in run.stderr.replace('"', "").replace(": ", "="), run.describe()
    # What the newest had given out comes again, and nothing is missing.
    found = {row for row in found_totals(place.folder)}
    assert {row for row in expected_totals(60_000, 100) if row[1] >= 20} <= found


def test_all_damaged(saved, tmp_path):
    place = copy_of(saved, tmp_path)
    for manifest in place.manifests():
        manifest.write_bytes(b"nonsense")
    with place.run() as run:
        assert run.wait() == 1 and "no checkpoint is whole" in run.stderr and "--fresh" in run.stderr, run.describe()


def test_what_changed_is_said(saved, tmp_path):
    place = copy_of(saved, tmp_path)
    text = place.script.read_text()
    place.write(text.replace("10 seconds", "20 seconds"))
    with place.run() as run:
        assert run.wait() == 2, run.describe()
        assert "window-1 was {tumble of 10 s" in run.stderr and "tumble of 20 s" in run.stderr and "pipeline.sql:9:24" in run.stderr, run.describe()
    place.write(text.replace("sum(celsius)", "max(celsius)"))
    with place.run() as run:
        assert run.wait() == 2 and "window-1 was" in run.stderr, run.describe()
    place.write(text + "INSERT INTO totals SELECT device, 1 AS n, 2 AS total, ts AS start FROM readings WHERE celsius > 1000;\n")
    with place.run() as run:
        assert run.wait() == 0, run.describe()


def test_another_pipeline_is_refused(saved, tmp_path):
    place = copy_of(saved, tmp_path)
    place.write(place.script.read_text().replace("'saved'", "'other'"))
    with place.run() as run:
        assert run.wait() == 2 and "the state of another pipeline: saved, not other" in run.stderr, run.describe()


def test_a_full_disk_stops_checkpoints_not_the_pipeline(place):
    small = place.folder / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(small)], capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a small file system")
    try:
        place.state = small / "state"
        place.write(script(2_000_000, rate=50_000, devices=20_000, window="1 hour"))
        with place.run() as run:
            wait_for(lambda: "could not be written" in run.stderr, 30, run.describe)
            assert "Free space there" in run.stderr, run.describe()
            assert run.process.poll() is None
            subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
            place.wait_for_checkpoints(run, 1)
            assert run.stop() == 0, run.describe()
        with place.run() as run:
            place.wait_for_checkpoints(run, 1)
            assert "goes on from a checkpoint" in run.stderr
            assert run.stop() == 0, run.describe()
        with place.run("--checkpoint-failures", 2) as run:
            wait_for(lambda: "reading" in run.stderr, 30, run.describe)
            filler = small / "filler"
            with open(filler, "wb") as out:
                try:
                    while True:
                        out.write(b"x" * 65536)
                        out.flush()
                except OSError:
                    pass
            assert run.wait() == 1 and "no checkpoint could be written in 2 attempts" in run.stderr, run.describe()
    finally:
        subprocess.run(["umount", "-l", str(small)], check=False)


def test_a_state_directory_that_cannot_be_used(place):
    place.write(script(10))
    (place.folder / "file").write_text("")
    place.state = place.folder / "file"
    with place.run() as run:
        assert run.wait() == 1 and "Name a directory with --state-dir" in run.stderr, run.describe()
    for arguments, what in ((["--checkpoint-interval", "soon"], "--checkpoint-interval soon"), (["--close-windows"], "--until-caught-up")):
        place.state = place.folder / "state"
        with place.run(*arguments) if "--checkpoint-interval" not in arguments else Laminar(["run", "--state-dir", place.state, *arguments, place.script], cwd=place.folder) as run:
            assert run.wait() == 2 and what in run.stderr, run.describe()


def test_windows_stay_open_until_caught_up(place):
    lines = [json.dumps({"device": i % 3, "celsius": i, "ts": f"2026-01-01T00:00:{i % 60:02d}Z"}) for i in range(60)]
    feed = place.folder / "in.jsonl"
    place.write("""
CREATE TABLE readings (device BIGINT, celsius BIGINT, ts TIMESTAMP, WATERMARK FOR ts) WITH (connector = 'single_file', type = 'source', path = 'in.jsonl', format = 'json');
CREATE TABLE totals WITH (connector = 'single_file', type = 'sink', path = 'totals.jsonl', format = 'json');
INSERT INTO totals SELECT device, count(*) AS n, sum(celsius) AS total, TUMBLE_START(ts, INTERVAL '1' MINUTE) AS start
FROM readings GROUP BY device, TUMBLE(ts, INTERVAL '1' MINUTE);
""")
    for upto in (20, 41, 60):
        feed.write_text("".join(line + "\n" for line in lines[:upto]))
        last = upto == 60
        with place.run("--until-caught-up", *(["--close-windows"] if last else [])) as run:
            assert run.wait() == 0, run.describe()
        assert bool((place.folder / "totals.jsonl").read_text()) == last
    assert found_totals(place.folder) == [(d, 0, 20, sum(range(d, 60, 3))) for d in range(3)]


def test_a_pipe_has_no_position(place):
    os.mkfifo(place.folder / "in.jsonl")
    place.write("""
CREATE TABLE a (x BIGINT) WITH (connector = 'single_file', type = 'source', path = 'in.jsonl', format = 'json');
CREATE TABLE b WITH (connector = 'single_file', type = 'sink', path = 'out.jsonl', format = 'json');
INSERT INTO b SELECT x FROM a;
""")
    with place.run() as run:
        assert run.wait() == 2 and "table a" in run.stderr and "--state-dir" in run.stderr, run.describe()


def s3_run(place, endpoint, *arguments):
    return Laminar(["run", "--state-dir", "s3://checkpoints/clicks", "--checkpoint-interval", "200ms", *arguments, place.script], cwd=place.folder,
                   environment={"AWS_ENDPOINT_URL_S3": endpoint, "AWS_REGION": "us-east-1"})


def test_state_in_s3(place):
    if Moto.missing():
        pytest.skip(Moto.missing())
    with Moto() as moto:
        s3 = boto_client(moto.endpoint, "us-east-1", service="s3")
        place.write("SET pipeline.name = 'clicks';\n" + script(60_000, rate=20_000))
        elsewhere = Workplace(place.folder / "elsewhere")
        elsewhere.folder.mkdir()
        elsewhere.write(place.script.read_text())
        with s3_run(place, moto.endpoint) as run:
            assert run.wait() == 1 and "checkpoints" in run.stderr and "bucket" in run.stderr, run.describe()
        s3.create_bucket(Bucket="checkpoints")

        def manifests():
            return sorted(o["Key"] for o in s3.list_objects_v2(Bucket="checkpoints", Prefix="clicks/manifest-").get("Contents", []))

        with s3_run(place, moto.endpoint) as run:
            wait_for(lambda: manifests() and manifests()[-1] >= "clicks/manifest-000000000003", 30, run.describe)
            run.process.kill()
            run.process.wait()
        # Two at once: nothing locks S3, but of both who write the next checkpoint one wins, and the other stops.
        with s3_run(place, moto.endpoint, "-p", 2) as first, s3_run(elsewhere, moto.endpoint) as second:
            wait_for(lambda: first.process.poll() is not None or second.process.poll() is not None, 30, lambda: first.describe() + second.describe())
            loser, winner = (first, second) if first.process.poll() is not None else (second, first)
            assert loser.wait() == 1 and "was written by another process: it runs this pipeline too" in loser.stderr, loser.describe()
            assert winner.wait() == 0, winner.describe()
        written = found_totals(place.folder) + (found_totals(elsewhere.folder) if (elsewhere.folder / "totals.jsonl").exists() else [])
        assert sorted(set(written)) == expected_totals(60_000)
        with Laminar(["checkpoints", "--state-dir", "s3://checkpoints/clicks", place.script], cwd=place.folder,
                     environment={"AWS_ENDPOINT_URL_S3": moto.endpoint, "AWS_REGION": "us-east-1"}) as run:
            code, out, err = run.wait(), run.stdout, run.stderr
        assert code == 0 and "had come to its end" in out, out + err
