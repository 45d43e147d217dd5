"""Adds up the JUnit XML reports of a test run: `tally.py FOLDER` prints the failing tests and the closing line, exits 1 if any failed.

FOLDER/*.xml are pytest's reports. FOLDER/ctest/PRESET.xml are CTest's, one case for each program; FOLDER/gtest/PRESET/PROGRAM.xml are the
programs' own. A program that CTest calls failed though its own report shows no failure (a crash, a leak, a time-out) counts as one failure.
FOLDER/failed/* are steps that failed before any test could run (a build), FOLDER/skipped/* what could not run here; their text says why.
"""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, [], []

    def add_case(self, name, case):
        """Counts one <testcase>; True if it failed."""
        if case.find("failure") is not None or case.find("error") is not None:
            self.failed.append(name)
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


def tally(folder):
    total = Tally()
    for report in sorted(folder.glob("*.xml")):
        total.add_report(report, "")
    for report in sorted(folder.glob("ctest/*.xml")):
        preset = report.stem
        for case in ET.parse(report).iter("testcase"):
            program = case.get("name")
            own = folder / "gtest" / preset / f"{program}_test.xml"
            name = f"{preset}: {program}"
            failed = case.find("failure") is not None or case.get("status") == "fail"
            if not own.exists():
                if failed:
                    total.failed.append(name)
                else:
                    total.add_case(name, case)
            elif total.add_report(own, f"{preset}: ") == 0 and failed:
                total.failed.append(f"{name} (the program failed after or outside its tests)")
    for step in sorted(folder.glob("failed/*")):
        total.failed.append(f"{step.name}: {step.read_text().strip()}")
    for step in sorted(folder.glob("skipped/*")):
        total.skipped.append(f"{step.name}: {step.read_text().strip()}")
    return total


def main():
    total = tally(Path(sys.argv[1]))
    for name in total.skipped:
        print(f"skipped: {name}")
    for name in total.failed:
        print(f"FAILED: {name}")
    closing = f"{total.passed} passed, {len(total.failed)} failed"
    print(closing + (f", {len(total.skipped)} skipped" if total.skipped else ""))
    return 1 if total.failed or total.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
