"""What users install: the tree of `cmake --install`, the .tar.gz and the .deb. Each must run where it was not built."""

import re
import shutil
import subprocess

import pytest

from harness.laminar import ROOT

BUILD = ROOT / "build/release"


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300, **more)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


def assert_runs(prefix, folder):
    """bin/laminar under `prefix` computes something, with nothing of ours in its environment, and with its own copy of DuckDB."""
    laminar = prefix / "bin/laminar"
    assert "laminar" in run(laminar, "--version", env={})
    loaded = [line.split() for line in run("ldd", laminar).splitlines() if "libduckdb.so" in line]
    assert loaded and loaded[0][2].startswith(str(prefix)), loaded
    (folder / "in.jsonl").write_text('{"n": 1}\n{"n": 2}\n{"n": 3}\n')
    (folder / "p.sql").write_text(f"CREATE TABLE t (n BIGINT) WITH (connector = 'single_file', path = '{folder}/in.jsonl', type = 'source', format = 'json');\n"
                                  "SELECT n * 2 AS m FROM t WHERE n > 1;\n")
    printed = run(laminar, "run", folder / "p.sql", env={"AWS_EC2_METADATA_DISABLED": "true"})
    assert printed.replace(" ", "").split() == ['{"m":4}', '{"m":6}']


def test_installed_tree_runs_elsewhere(tmp_path):
    run("cmake", "--install", BUILD, "--prefix", tmp_path / "installed")
    shutil.move(tmp_path / "installed", tmp_path / "moved")
    assert_runs(tmp_path / "moved", tmp_path)


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages")
    run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder)
    return folder


@pytest.mark.timeout(300)
def test_archive(packages, tmp_path):
    archive, = packages.glob("*.tar.gz")
    run("tar", "xzf", archive, "-C", tmp_path)
    top, = (p for p in tmp_path.iterdir() if p.is_dir())
    assert top.name == archive.name.removesuffix(".tar.gz")
    assert_runs(top, tmp_path)


def test_debian_package(packages, tmp_path):
    package, = packages.glob("*.deb")
    listed = run("dpkg-deb", "-c", package)
    for path in ("./usr/bin/laminar", "./usr/lib/laminar/libduckdb.so", "./usr/share/doc/laminar/LICENSE.duckdb", "./usr/lib/systemd/system/laminar.service"):
        assert path in listed, listed
    # Nothing starts by itself: what runs at the installation knows of shared libraries alone.
    assert ".wants/" not in listed
    run("dpkg-deb", "-e", package, tmp_path / "control")
    for script in (tmp_path / "control").glob("p*"):
        assert set(re.findall(r"systemctl|service|ldconfig|laminar", script.read_text())) <= {"ldconfig"}, script.read_text()
    depends = run("dpkg-deb", "-f", package, "Depends")
    assert "libc6" in depends and "libssl3" in depends and "duckdb" not in depends, depends
    run("dpkg-deb", "-x", package, tmp_path / "root")
    assert_runs(tmp_path / "root/usr", tmp_path)
