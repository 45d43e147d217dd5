"""`laminar backup`: a copy of the server's database, taken while it works, with which another goes on."""

import os
import sqlite3
import stat
import subprocess
import threading

from harness.client import Client
from harness.laminar import binary
from harness.process import clean_environment
from harness.server import Server

SOME = "CREATE TABLE readings (device BIGINT AS (i)) WITH (connector = 'generator', rows = 25);\nSELECT device FROM readings;\n"


def backup(database, to):
    return subprocess.run([binary(), "backup", "--database", str(database), "--to", str(to)], capture_output=True, text=True, env=clean_environment(), timeout=60)


def test_another_server_goes_on_with_it(laminar, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir(), second.mkdir()
    server = Server(laminar, first)
    server.create("kept", SOME, start=False)
    ends, made = threading.Event(), []

    def write():
        while not ends.is_set():
            made.append(server.create(f"p{len(made)}", SOME, start=False)["name"])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            done = backup(server.database, second / f"{number}.db")
            assert done.returncode == 0 and "B" in done.stdout, done.stderr
    finally:
        ends.set()
        writer.join()
    sizes = []
    for number in range(5):
        copy = second / f"{number}.db"
        assert stat.S_IMODE(os.stat(copy).st_mode) == 0o600
        with sqlite3.connect(copy) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            sizes.append(database.execute("SELECT count(*) FROM pipelines").fetchone()[0])
    assert sizes == sorted(sizes) and len(os.listdir(second)) == 5
    (second / "4.db").rename(second / "server.db")
    again = Server(laminar, second)
    assert again.token is None
    again.token = server.token
    names = [each["name"] for each in Client(again).json("pipelines", "list")["data"]]
    assert names[0] == "kept" and names[1:] == made[: len(names) - 1] and len(names) == sizes[4]


def test_it_leaves_an_older_database_as_it_is(laminar, tmp_path):
    """Before an upgrade: only the server brings its tables up to date."""
    server = Server(laminar, tmp_path)
    assert server.run.stop() == 0
    with sqlite3.connect(server.database) as database:
        database.execute("PRAGMA user_version = 1")
    assert backup(server.database, tmp_path / "copy.db").returncode == 0
    for name in ("server.db", "copy.db"):
        with sqlite3.connect(tmp_path / name) as database:
            assert database.execute("PRAGMA user_version").fetchone() == (1,)


def test_what_is_wrong(laminar, tmp_path):
    server = Server(laminar, tmp_path)

    def refused(code, *arguments):
        done = backup(*arguments)
        assert done.returncode == code, done.stderr
        return done.stderr

    (tmp_path / "there").write_text("x")
    assert "is there already" in refused(2, server.database, tmp_path / "there")
    assert (tmp_path / "there").read_text() == "x"
    assert "there is no database" in refused(2, tmp_path / "none.db", tmp_path / "copy.db")
    assert not (tmp_path / "none.db").exists()
    assert "is no database of Laminar" in refused(2, tmp_path / "there", tmp_path / "copy.db")
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE x (y)").connection.close()
    assert "is no database of Laminar" in refused(2, tmp_path / "other.db", tmp_path / "copy.db")
    said = refused(1, server.database, tmp_path / "no-folder/copy.db")
    assert "No such file or directory" in said and "--to" in said and "--database" not in said
    assert not list(tmp_path.glob("copy*"))
