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


def test_where_it_cannot_be_written(laminar, tmp_path):
    said = laminar("serve", "--listen", "0", "--database", tmp_path / "a.db", "--first-token-file", tmp_path / "none/token").expect(1).stderr
    assert "--first-token-file" in said and "No such file" in said
    # The token is not lost: the database is still new.
    assert Server(laminar, tmp_path / ".", "--first-token-file", tmp_path / "token").run.stop() == 0
    assert (tmp_path / "token").read_text().startswith("lmn_")
