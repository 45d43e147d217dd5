"""--first-token-file: the token of a new database gets into no log."""

import os
import stat

from harness.client import Client
from harness.server import Server


def test_it_is_in_a_file_for_its_owner(laminar, tmp_path):
    file = tmp_path / "first-token"
    server = Server(laminar, tmp_path, "--first-token-file", file)
    assert server.token is None and server.run.stdout == "" and "lmn_" not in server.run.stderr
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert Client(server, LAMINAR_TOKEN=None).ok("pipelines", "list", "--token-file", file).startswith("NAME")
    token = file.read_text()
    assert server.run.stop() == 0
    # A database that is not new has none, and leaves what is there.
    again = Server(laminar, tmp_path, "--first-token-file", file)
    assert file.read_text() == token
    assert again.run.stop() == 0
    file.unlink()
    Server(laminar, tmp_path, "--first-token-file", file)
    assert not file.exists()


def test_a_start_that_fails_uses_none_up(laminar, tmp_path):
    other = Server(laminar, tmp_path)
    taken = str(other.port())
    file = tmp_path / "first-token"
    database = tmp_path / "new/server.db"
    database.parent.mkdir()
    for more in ((), ("--first-token-file", file)):
        said = laminar("serve", "--listen", taken, "--database", database, *more).expect(1)
        assert "cannot listen" in said.stderr and said.stdout == ""
    assert not file.exists()
    # Shown on the first start that serves.
    assert Server(laminar, database.parent).token.startswith("lmn_")


def test_a_second_server_on_a_database_is_refused(laminar, tmp_path):
    first = Server(laminar, tmp_path)
    pipeline = first.create("runs", "CREATE TABLE r (d BIGINT AS (i)) WITH (connector = 'generator', rows_per_second = 50); SELECT d FROM r")
    first.wait_state(pipeline, "Running")
    said = laminar("serve", "--listen", "0", "--database", first.database).expect(1).stderr
    assert f"is in use by another process, {first.run.pid}" in said and "--database" in said
    assert first.pipeline(pipeline)["state"] == "Running"
    # What only reads the database, or writes tokens, goes on beside it.
    assert "admin" in laminar("token", "list", "--database", first.database).expect(0).stdout
    first.kill()
    again = Server(laminar, tmp_path)
    again.token = first.token
    again.wait_state(pipeline, "Running")


def test_where_it_cannot_be_written(laminar, tmp_path):
    said = laminar("serve", "--listen", "0", "--database", tmp_path / "a.db", "--first-token-file", tmp_path / "none/token").expect(1).stderr
    assert "--first-token-file" in said and "No such file" in said
    # The token is not lost: the database is still new.
    assert Server(laminar, tmp_path / ".", "--first-token-file", tmp_path / "token").run.stop() == 0
    assert (tmp_path / "token").read_text().startswith("lmn_")
