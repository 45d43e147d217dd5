"""Adds up the JUnit XML reports of a test run: `tally.py FOLDER` prints what failed and the closing line, exits 1 if any failed.

FOLDER/*.xml are pytest's reports. FOLDER/ctest/PRESET.xml are CTest's, one case for each program; FOLDER/gtest/PRESET/PROGRAM.xml are the
programs' own. A program that CTest calls failed though its own report shows no failure (a crash, a leak, a time-out) counts as one failure.
FOLDER/failed/* are steps that failed before any test could run (a build), FOLDER/skipped/* what could not run here; their text says why.
FOLDER/output/NAME is what the failing test NAME printed, where no report has it.

The last lines are all that some logs keep: what the first failures printed stands before their names, in LINES altogether.
"""

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

LINES = 60
LEAST_LINES = 10  # of one failure; with more failures not all are shown
LINE = 4500  # characters; a fuzzer's input is one line
# Where a sanitizer, a crash or a fuzzer begins to say what it found: what stands before is progress, and the end is a legend.
FINDING = re.compile(r"ERROR: |WARNING: ThreadSanitizer|runtime error:|CHECK failed|terminate called|what\(\)|seed \d+ hangs")


def excerpt(text, count):
    """The `count` lines that say most: from where something was found on, else the first and the last."""
    lines = [line[:LINE] for line in text.strip().splitlines()]
    begin = next((i for i, line in enumerate(lines) if FINDING.search(line)), None)
    if begin is not None:
        return lines[begin : begin + count]
    if len(lines) <= count:
        return lines
    head = count // 2
    return [*lines[:head], f"... {len(lines) - count + 1} lines ...", *lines[len(lines) - (count - head - 1) :]]


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, [], []
        self.output = {}  # of failed ones, by name

    def fail(self, name, output):
        self.failed.append(name)
        self.output[name] = output or ""

    def add_case(self, name, case):
        """Counts one <testcase>; True if it failed."""
        problems = [*case.findall("failure"), *case.findall("error")]
        if problems:
            self.fail(name, "\n".join(problem.text or problem.get("message") or "" for problem in problems))
            return True
        if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            self.skipped.append(name)
        else:
            self.passed += 1
        return False

    def add_report(self, path, prefix):
        failures = 0
        for case in ET.parse(path).iter("testcase"):
            failures += self.add_case(f"{prefix}{case.get('classname')}.{case.get('name')}", case)
        return failures

    def add_program(self, case, own, preset):
        """A case of CTest's report, and the program's own report if it left one."""
        name = f"{preset}: {case.get('name')}"
        failed = case.find("failure") is not None or case.get("status") == "fail"
        output = case.findtext("system-out") or ""
        if own is not None:
            if self.add_report(own, f"{preset}: ") == 0 and failed:
                self.fail(f"{name} (the program failed after or outside its tests)", output)
        elif failed:
            self.fail(name, output)
        else:
            self.add_case(name, case)

    def print_output(self):
        shown = [name for name in self.failed if self.output.get(name)][: LINES // LEAST_LINES]
        for name in shown:
            print(f"---- {name}")
            print("\n".join(excerpt(self.output[name], LINES // len(shown))))


def tally(folder):
    total = Tally()
    for report in sorted(folder.glob("*.xml")):
        total.add_report(report, "")
    for report in sorted(folder.glob("ctest/*.xml")):
        preset = report.stem
        for case in ET.parse(report).iter("testcase"):
            program = case.get("name")  # of a folder's tests the folder, of others the program
            own = [path for name in (f"{program}_test", program) if (path := folder / "gtest" / preset / f"{name}.xml").exists()]
            total.add_program(case, own[0] if own else None, preset)
    for step in sorted(folder.glob("failed/*")):
        total.fail(f"{step.name}: {step.read_text().strip()}", "")
    for step in sorted(folder.glob("skipped/*")):
        total.skipped.append(f"{step.name}: {step.read_text().strip()}")
    for name in total.failed:
        path = folder / "output" / name
        if path.is_file():
            total.output[name] = path.read_text(errors="replace")
    return total


def main():
    total = tally(Path(sys.argv[1]))
    total.print_output()
    for name in total.skipped:
        print(f"skipped: {name}")
    for name in total.failed:
        print(f"FAILED: {name}")
    closing = f"{total.passed} passed, {len(total.failed)} failed"
    print(closing + (f", {len(total.skipped)} skipped" if total.skipped else ""))
    return 1 if total.failed or total.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
