"""Runs the rules of style.py over the repository; and shows for each rule that it finds a planted violation."""

import subprocess
import unittest
from pathlib import Path

import style

ROOT = Path(__file__).resolve().parents[2]
TEXT = {".cc", ".h", ".py", ".sql", ".md", ".txt", ".cmake", ".json", ".sh", ".test", ".lock", ".yml", ".toml", ".html", ".supp", ".ts", ".tsx", ".mjs", ".css", ""}


def repository_files():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        names = listed.stdout.splitlines()
    else:  # an unpacked archive: no git
        names = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file() and not {"build", ".git"} & set(p.parts)]
    paths = {name: ROOT / name for name in names}
    return {name: path.read_text(encoding="utf-8") for name, path in paths.items() if path.is_file() and path.suffix in TEXT}


class Repository(unittest.TestCase):
    maxDiff = None

    def test_keeps_the_rules(self):
        files = repository_files()
        self.assertGreater(len(files), 50)
        self.assertEqual("", "\n".join(style.check(files)))

    def test_every_layer_has_a_folder(self):
        for layer in style.LAYERS:
            self.assertTrue((ROOT / "src" / layer).is_dir(), f"layers.py names src/{layer}, which is not there")


class Rules(unittest.TestCase):
    def violations(self, path, text):
        return style.check({path: text})

    def assert_found(self, path, text, words):
        found = self.violations(path, text)
        self.assertEqual(1, len(found), found)
        self.assertIn(words, found[0])

    def assert_clean(self, path, text):
        self.assertEqual([], self.violations(path, text))

    def test_arrows_go_down_only(self):
        self.assert_found("src/base/clock.cc", '#include "duck/batch.h"\n', "base/ may not include duck/")
        self.assert_found("src/formats/json/decoder.cc", '\n#include "connectors/connector.h"\n', "decoder.cc:2:")
        self.assert_found("src/stream/runtime/task.cc", '#include "connectors/kinesis/client.h"\n', "may not include connectors/kinesis/")
        self.assert_clean("src/connectors/kinesis/client.cc", '#include "aws/signer.h"\n#include "base/status.h"\n')
        self.assert_clean("src/cli/app.cc", '#include "connectors/kinesis/client.h"\n')

    def test_unknown_folders_and_bare_includes(self):
        self.assert_found("src/utils/helpers.cc", "int x;\n", "not in test/tidy/layers.py")
        self.assert_found("src/base/clock.cc", '#include "clock.h"\n', "is no header of src/")

    def test_other_peoples_headers(self):
        self.assert_found("src/sql/ddl.cc", "#include <simdjson.h>\n", "only in connectors/kinesis, formats/json/")
        self.assert_found("src/connectors/kinesis/client.cc", "#include <aws/http/connection.h>\n", "only in aws/")
        self.assert_found("src/duck/batch.h", '// x\n#pragma once\n#include "duckdb.hpp"\n', "forward declaration")
        self.assert_found("src/formats/json/decoder.cc", '#include "duckdb/parser/parser.hpp"\n', "only in src/duck/ and src/sql/")
        self.assert_found("src/engine/pipeline.cc", '#include "duckdb/common/types/data_chunk.hpp"\n', "reached through src/duck/")
        self.assert_found("src/sql/compiler.h", '// x\n#pragma once\n#include "duckdb.hpp"\n', "forward declaration")
        self.assert_clean("src/sql/ddl.cc", '#include "duckdb/parser/parser.hpp"\n')

    def test_private_headers(self):
        self.assert_found("src/engine/pipeline.cc", '#include "sql/bind.h"\n', "private to sql/")
        self.assert_clean("src/sql/bind.h", '// x\n#pragma once\n#include "duckdb.hpp"\n')
        self.assert_clean("src/engine/pipeline.cc", '#include "sql/compiler.h"\n')

    def test_sizes(self):
        self.assert_found("src/base/long.cc", "int x;\n" * 801, "801 lines")
        self.assert_found("src/base/long.h", "// long\n#pragma once\n" + "int x;\n" * 299, "301 lines")
        self.assert_clean("src/base/long.cc", "int x;\n" * 800)

    def test_headers(self):
        self.assert_found("src/base/a.h", "// a\nint x;\n", "#pragma once")
        self.assert_found("src/base/a.h", "#pragma once\n", "begins with a comment")

    def test_banned_calls(self):
        for call in ("std::this_thread::sleep_for(x)", "usleep(5)", "sleep(1)", "std::chrono::steady_clock::now()", "std::chrono::system_clock::now()",
                     "rand()", "std::random_device d", 'getenv("HOME")', "std::cout << x", 'printf("x")', 'std::puts("x")', "atoi(x)"):
            self.assert_found("src/sql/ddl.cc", call + ";\n", "src/sql/ddl.cc:1")
        self.assert_clean("src/base/clock.cc", "std::chrono::steady_clock::now();\n")
        self.assert_clean("src/sql/ddl.cc", '// sleep_for(x)\nauto s = "rand()"; snprintf(b, n, f); options.sleep(1); Random random(7); using namespace std::literals; Fopen(R"(printf("x"))");\n')

    def test_words(self):
        self.assert_found("README.md", "TO" + "DO: write this\n", "no notes to oneself")
        self.assert_found("scripts/x", "cd /ro" + "ot/src\n", "no path of one machine")
        self.assert_found("scripts/x", "pip -i https://" + "index.example/simple\n", "no registry host")
        self.assert_clean("scripts/x", "cd $x/wo" + "rk/y ~/wo" + "rk/z ./ro" + "ot/a\n")


if __name__ == "__main__":
    unittest.main()
