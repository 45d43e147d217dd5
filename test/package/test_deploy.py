"""The systemd unit and the container file: what can be said of them without running either."""

import configparser
import json
import re
import shutil
import subprocess

import pytest

from harness.laminar import ROOT, binary

UNIT = ROOT / "deploy/systemd/laminar.service"
DOCKERFILE = ROOT / "deploy/container/Dockerfile"


class Keys(configparser.RawConfigParser):
    """systemd's form of it: names with capitals, a key may be there several times."""

    optionxform = staticmethod(str)

    def __init__(self):
        super().__init__(strict=False, delimiters=("=",), comment_prefixes=("#", ";"), interpolation=None)


def service():
    unit = Keys()
    unit.read(UNIT)
    return unit["Service"]


def options_of(*command):
    """Long options that a command of the binary takes."""
    shown = subprocess.run([binary(), *command, "--help"], capture_output=True, text=True, timeout=60)
    assert shown.returncode == 0, shown.stderr
    return set(re.findall(r"--[a-z][a-z-]*", shown.stdout))


def assert_command(words):
    """laminar COMMAND --option ...: the binary has that command, and it takes those options."""
    assert words[0].endswith("/laminar"), words
    taken = options_of(words[1])
    for word in words[2:]:
        if word.startswith("--"):
            assert word.split("=")[0] in taken, f"laminar {words[1]} takes no {word}"


def test_the_unit_is_one(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    # With a program that is there: it is not installed.
    copy = tmp_path / "laminar.service"
    copy.write_text(UNIT.read_text().replace("/usr/bin/laminar", binary()))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "laminar.service" not in done.stderr, done.stderr
    rated = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", str(copy)], capture_output=True, text=True, timeout=60)
    exposure = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", rated.stdout).group(1))
    assert exposure <= 2.0, rated.stdout


def test_what_the_unit_says():
    keys = service()
    words = keys["ExecStart"].split()
    assert words[0] == "/usr/bin/laminar" and words[1] == "serve"
    assert_command(words)
    for key, value in {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "DynamicUser": "yes", "StateDirectory": "laminar",
                       "StateDirectoryMode": "0700", "Restart": "on-failure", "RestartPreventExitStatus": "2", "CapabilityBoundingSet": "", "KillSignal": "SIGTERM"}.items():  # fmt: skip
        assert keys[key] == value, key
    assert keys["EnvironmentFile"].startswith("-") and "secret-key" in keys["LoadCredential"]
    # Longer than the server gives its pipelines.
    stop_millis = int(re.search(r"kStopMillis = ([0-9']+)", (ROOT / "src/cli/serve_command.cc").read_text()).group(1).replace("'", ""))
    assert int(keys["TimeoutStopSec"].removesuffix("s")) * 1000 > stop_millis + 5_000


def instructions():
    """[(NAME, arguments)] of the container file, its continued lines joined."""
    text = re.sub(r"\\\n", " ", "\n".join(line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#")))
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


def test_the_container_file():
    found = instructions()
    known = {"FROM", "ENV", "RUN", "WORKDIR", "COPY", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
    assert {name for name, _ in found} <= known
    stages = [arguments for name, arguments in found if name == "FROM"]
    assert len(stages) == 2 and all(stage.startswith("debian:12-slim") for stage in stages)
    runtime = found[max(i for i, (name, _) in enumerate(found) if name == "FROM"):]
    said = dict(runtime)
    # What is copied from the tree is there, and is sent to the builder.
    ignored = (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text().split()
    for name, arguments in found:
        if name == "COPY" and "--from" not in arguments:
            *sources, _ = arguments.split()
            for source in sources:
                assert (ROOT / source).exists() and source not in ignored, source
    assert not {"src", "cmake", "scripts", "console", "docs"} & set(ignored)
    assert "scripts/dependencies" in dict((arguments, name) for name, arguments in found if name == "RUN")
    # Not root; a volume that its user may write; no other user's port.
    user = said["USER"]
    assert user.isdigit() and int(user) > 0 and f"--uid {user}" in next(arguments for name, arguments in runtime if name == "RUN")
    assert said["VOLUME"] == "/var/lib/laminar" and said["EXPOSE"] == "8000" and said["STOPSIGNAL"] == "SIGTERM"
    entry, command = json.loads(said["ENTRYPOINT"]), json.loads(said["CMD"])
    assert_command(entry + command)
    assert "0.0.0.0:8000" in command and f"{said['VOLUME']}/server.db" in command
    assert_command(json.loads(said["HEALTHCHECK"].split("CMD", 1)[1]))


def test_the_container_has_the_libraries_that_the_binary_needs(tmp_path):
    """Each library is installed beside it, or is of a package that the container's last stage installs, or of what these need."""
    done = subprocess.run(["cmake", "--install", str(ROOT / "build/release"), "--prefix", str(tmp_path / "laminar")], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    runtime = [arguments for name, arguments in instructions() if name == "RUN"][-1]
    installed = set(re.search(r"--no-install-recommends ([^&]+)", runtime).group(1).split()) | {"libc6", "libgcc-s1"}
    for program in [tmp_path / "laminar/bin/laminar", *(tmp_path / "laminar/lib/laminar").iterdir()]:
        listed = subprocess.run(["ldd", str(program)], capture_output=True, text=True, timeout=60, env={"LD_LIBRARY_PATH": str(tmp_path / "laminar/lib/laminar")}).stdout
        for path in re.findall(r"=> (/\S+)", listed):
            if path.startswith(str(tmp_path)):
                continue
            owner = subprocess.run(f"dpkg -S {path} || dpkg -S {path.removeprefix('/usr')} || dpkg -S /usr{path}", shell=True, capture_output=True, text=True, timeout=60).stdout
            assert owner.split(":")[0] in installed, f"{program.name} needs {path} of {owner}"
