"""What tally.py says of the reports of a run that failed."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TALLY = Path(__file__).resolve().parent / "tally.py"


class Closing(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def report(self, path, cases):
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(f"<testsuite>{cases}</testsuite>")

    def say(self):
        done = subprocess.run([sys.executable, TALLY, self.folder], capture_output=True, text=True)
        return done.returncode, done.stdout.splitlines()

    def test_all_passed(self):
        self.report("e2e.xml", '<testcase classname="a" name="b"/>')
        self.assertEqual(self.say(), (0, ["1 passed, 0 failed"]))

    def test_nothing_ran(self):
        self.assertEqual(self.say(), (1, ["0 passed, 0 failed"]))

    def test_a_program_that_died_says_how(self):
        progress = "".join(f"[ OK ] {i}\n" for i in range(500))
        legend = "shadow bytes\n" * 500
        self.report("ctest/asan.xml", '<testcase name="duck" status="run"/><testcase name="oracle_test" status="fail"><failure/>'
                    f"<system-out>{progress}==7==ERROR: AddressSanitizer: heap-use-after-free\n#0 where\n{legend}</system-out></testcase>")
        code, lines = self.say()
        self.assertEqual(code, 1)
        self.assertEqual(lines[:3], ["---- asan: oracle_test", "==7==ERROR: AddressSanitizer: heap-use-after-free", "#0 where"])
        self.assertEqual(lines[-2:], ["FAILED: asan: oracle_test", "1 passed, 1 failed"])
        self.assertLess(len(lines), 80)

    def test_a_program_s_own_report_is_found_by_either_name(self):
        for program, own in (("duck", "duck_test"), ("oracle_test", "oracle_test")):
            self.report("ctest/asan.xml", f'<testcase name="{program}" status="fail"><failure/></testcase>')
            self.report(f"gtest/asan/{own}.xml", '<testcase classname="Seeds" name="7"><failure message="short">differs\nseed 7</failure></testcase>')
            _, lines = self.say()
            self.assertEqual(lines, ["---- asan: Seeds.7", "differs", "seed 7", "FAILED: asan: Seeds.7", "0 passed, 1 failed"])
            (self.folder / f"gtest/asan/{own}.xml").unlink()

    def test_what_failed_behind_its_tests_is_told(self):
        self.report("ctest/asan.xml", '<testcase name="duck" status="fail"><failure/><system-out>leaks</system-out></testcase>')
        self.report("gtest/asan/duck_test.xml", '<testcase classname="A" name="b"/>')
        name = "asan: duck (the program failed after or outside its tests)"
        self.assertEqual(self.say(), (1, [f"---- {name}", "leaks", f"FAILED: {name}", "1 passed, 1 failed"]))

    def test_a_fuzzer_s_finding_is_told(self):
        self.report("fuzz.xml", '<testcase classname="fuzz" name="xml"><failure/></testcase>')
        (self.folder / "output").mkdir()
        (self.folder / "output/fuzz.xml").write_text("FAIL xml: out-of-memory\n    #0 where\n")
        self.assertEqual(self.say()[1][:3], ["---- fuzz.xml", "FAIL xml: out-of-memory", "    #0 where"])

    def test_many_failures_leave_room_for_their_names(self):
        text = "line\n" * 1000
        self.report("e2e.xml", "".join(f'<testcase classname="a" name="{i}"><failure>{text}</failure></testcase>' for i in range(12)))
        lines = self.say()[1]
        self.assertLess(len(lines), 80)
        self.assertEqual(sum(line.startswith("FAILED: ") for line in lines), 12)
        self.assertIn("... 991 lines ...", lines)


if __name__ == "__main__":
    unittest.main()
