"""The rules that outlive their authors: who includes whom, how big a file may be, which calls are banned, what no file may say.

check(files) takes {path: text} and returns the violations as "path:line: what, and what to do instead". tidy_test.py runs it over the
repository, and over small planted violations, so that no rule can die unnoticed.
"""

import re
from pathlib import PurePosixPath

from layers import DUCKDB_ANY, DUCKDB_FRONT_END, DUCKDB_VECTORS, LAYERS, OUTSIDE, PUBLIC

SOURCE_LINES, HEADER_LINES = 800, 300

# (pattern, paths where it is allowed, what to do instead). Only for C++ under src/, comments and strings taken out.
BANNED = [
    (r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\s*\(|(?<![\w:.>])sleep\s*\(", (),
     "nothing sleeps: wait for a Waker or a deadline"),
    (r"\b(?:system_clock|steady_clock|high_resolution_clock)::now|\b(?:gettimeofday|clock_gettime)\s*\(|\bstd::time\s*\(",
     ("src/base/clock.cc",), "time comes from base/clock.h through the constructor"),
    (r"(?<![\w:.>])s?rand\s*\(|(?<![\w:.>])random\s*\(\s*\)|\bstd::s?rand\b|\brandom_device\b|\bmt19937", ("src/base/random.cc",),
     "randomness comes from base/random.h through the constructor"),
    (r"\bgetenv\s*\(", ("src/aws/environment.cc", "src/cli/"), "the environment is read in aws/environment.cc and cli/ only"),
    (r"\bstd::c(?:out|err|log)\b|(?<![\w:.>])(?:printf|puts|putchar)\s*\(|\bstd::(?:printf|puts|putchar)\s*\(",
     ("src/cli/",), "a library logs with base/log.h; only cli/ writes to the terminal"),
    (r"\b(?:strcpy|strcat|sprintf|gets|atoi|atof|strtok)\s*\(", (), "use the checked function"),
    (r"\busing namespace std\s*;", (), "write std::"),
]
# May use the terminal or wait, because that is what they are for.
EXEMPT = {
    r"\bstd::c(?:out": ("src/connectors/stdout/", "src/base/check.cc", "src/base/log.cc"),
}

# In any text file of ours.
SAID = [
    # Each word is put together here, so that this file does not say it.
    (r"\b(?:" + "TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b", "finish it, or file it; no notes to oneself in the code"),
    (r"(?<![\w.$}~\]])/(?:wo" + r"rk|ro" + r"ot|home/\w+)/", "no path of one machine"),
    (r"https?://(?:registry|index|files|static)\.", "no registry host: name the package and the client"),
]
UNSAID = ("test/servers/package-lock.json", "test/console/package-lock.json", "console/package-lock.json", "test/servers/requirements.txt", "LICENSE")


def code_only(text):
    """C++ text with comments and the contents of literals blanked out, lines kept."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\\\s]{0,16})\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S)
    return token.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def layer_of(path):
    """src/formats/json/decoder.cc -> "formats/json"; None outside src/."""
    parts = PurePosixPath(path).parts
    return "/".join(parts[1:-1]) if parts[0] == "src" and len(parts) > 2 else None


def check_includes(path, text):
    layer = layer_of(path)
    if layer is None:
        return
    if layer not in LAYERS:
        yield f"{path}:1: the folder src/{layer} is not in test/tidy/layers.py: add it there and to ARCHITECTURE.md"
        return
    allowed = LAYERS[layer] | {"base", layer}
    for number, line in enumerate(text.split("\n"), 1):
        found = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if not found:
            continue
        quote, target = found.groups()
        if target.startswith("duckdb"):
            problem = check_duckdb(path, layer, target)
            if problem:
                yield f"{path}:{number}: {problem}"
        elif quote == '"':
            owner = str(PurePosixPath(target).parent)
            if owner not in LAYERS:
                yield f'{path}:{number}: "{target}" is no header of src/: our own are included as "folder/file.h"'
            elif owner not in allowed and "*" not in allowed:
                yield (f"{path}:{number}: {layer}/ may not include {owner}/ (allowed: {', '.join(sorted(allowed))}): "
                       f"arrows go down only, see ARCHITECTURE.md")
            elif owner != layer and target not in PUBLIC.get(owner, {target}):
                yield f'{path}:{number}: "{target}" is private to {owner}/: others include {", ".join(sorted(PUBLIC[owner]))}'
        else:
            for prefix, owners in OUTSIDE.items():
                if target.startswith(prefix) and layer not in owners and not path.endswith("_test.cc"):
                    yield f"{path}:{number}: <{target}> only in {', '.join(sorted(owners))}/"


def check_duckdb(path, layer, target):
    if path == "src/duck/pch.h":
        return None
    private = layer in PUBLIC and path.removeprefix("src/") not in PUBLIC[layer]
    if path.endswith(".h") and "_test" not in path and not private:
        return f"{target}: headers show DuckDB's types by forward declaration only"
    if layer in DUCKDB_ANY:
        return None
    if layer not in DUCKDB_VECTORS:
        return f"{target}: DuckDB is reached through src/duck/ here"
    if target.startswith(DUCKDB_FRONT_END) and not path.endswith("_test.cc"):
        return f"{target}: parser, planner and optimiser headers only in src/duck/ and src/sql/*.cc"
    return None


def check_size(path, text):
    lines = text.count("\n")
    limit = HEADER_LINES if path.endswith(".h") else SOURCE_LINES
    if lines > limit:
        yield f"{path}:{lines}: {lines} lines, the limit is {limit}: one idea per file pair, split it"


def check_header(path, text):
    if "#pragma once" not in text:
        yield f"{path}:1: #pragma once is missing"
    if not text.startswith("//"):
        yield f"{path}:1: a header begins with a comment that says what it is for"


def check_banned(path, code):
    for pattern, allowed, instead in BANNED:
        exempt = allowed + next((paths for start, paths in EXEMPT.items() if pattern.startswith(start)), ())
        if exempt and path.startswith(exempt):
            continue
        for found in re.finditer(pattern, code):
            yield f"{path}:{line_of(code, found.start())}: {found.group().strip()}: {instead}"


def check_said(path, text):
    for pattern, instead in SAID:
        for found in re.finditer(pattern, text):
            yield f"{path}:{line_of(text, found.start())}: {found.group().strip()}: {instead}"


def check(files):
    violations = []
    for path, text in sorted(files.items()):
        if path not in UNSAID:
            violations += check_said(path, text)
        if not re.search(r"\.(?:cc|h|cpp|hpp)$", path):
            continue
        violations += check_size(path, text)
        if path.endswith(".h"):
            violations += check_header(path, text)
        if path.startswith("src/"):
            violations += check_includes(path, text)
            violations += check_banned(path, code_only(text))
    return violations
