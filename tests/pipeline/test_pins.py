"""What a job with credentials installs: packages, CLI and plugins, each by its hash."""

import ast
import hashlib
import re
import sys
import tarfile
from importlib import metadata
from pathlib import Path

import pytest

from tools import pulumi_release
from tools.pulumi_release import CLI, Archive

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements-pipeline.lock").read_text()
ROOMS = (
    *("pipeline", "engine", "access", "config", "components", "policy"),
    "packages/arbor/src/arbor",
)
INSIDE_A_TASK = {"redis", "psycopg", "tenacity"}
"""Imported by programs that `arbor` runs in a container of the application."""
PIN = re.compile(r"(?m)^([\w.-]+)(?:\[\w+\])?==([^ ;\\\n]+)")


def pins(text: str) -> dict[str, str]:
    return {normal(name): version for name, version in PIN.findall(text)}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_each_locked_package_has_a_hash() -> None:
    assert len(pins(LOCK)) > 40
    for requirement in re.split(r"(?m)^(?=[\w.-]+(?:\[\w+\])?==)", LOCK)[1:]:
        assert "--hash=sha256:" in requirement, requirement


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-pipeline.txt"])
def test_the_lock_is_of_the_versions_that_are_asked_for(name: str) -> None:
    asked = pins((ROOT / name).read_text())
    assert asked
    assert {package: pins(LOCK).get(package) for package in asked} == asked, (
        "run `make lock` and commit requirements-pipeline.lock"
    )


def test_the_lock_is_of_the_versions_that_are_tested() -> None:
    tested, locked = pins((ROOT / "constraints.txt").read_text()), pins(LOCK)
    both = tested.keys() & locked.keys()
    assert len(both) > 40
    assert {name: locked[name] for name in both} == {name: tested[name] for name in both}


def test_the_lock_holds_what_a_job_with_credentials_imports() -> None:
    distributions = metadata.packages_distributions()
    ours = {path.stem for path in ROOT.glob("*.py")} | {path.name for path in ROOT.iterdir()}
    ours |= {path.name for path in (ROOT / "policy").iterdir()} | {"arbor"}
    files = [*ROOT.glob("*.py"), *(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))]
    foreign = {name for file in files for name in imported(file)} - sys.stdlib_module_names - ours
    assert {"boto3", "pulumi", "typer"} <= foreign
    for name in foreign - INSIDE_A_TASK - {"google"}:
        assert {normal(one) for one in distributions[name]} & pins(LOCK).keys(), name


def test_the_cli_has_the_version_of_the_sdk() -> None:
    wanted = {one.name: one.version for one in pulumi_release.wanted(LOCK)}
    assert wanted[CLI] == pins(LOCK)["pulumi"]
    assert wanted["aws"] == pins(LOCK)["pulumi-aws"]
    assert "policy" not in wanted


class Release:
    """Archives in a directory in place of Pulumi's servers; the CLI records its arguments."""

    def __init__(self, place: Path) -> None:
        program = place / "pulumi" / "pulumi"
        program.parent.mkdir()
        self.said = place / "said"
        program.write_text(f'#!/bin/sh\necho "$1 $2 $3 $4 $5 $6" >> {self.said}\n')
        program.chmod(0o755)
        self.archive = place / "pulumi.tar.gz"
        with tarfile.open(self.archive, "w:gz") as opened:
            opened.add(program.parent, "pulumi")
        self.asked: list[str] = []

    def fetch(self, url: str, file: Path) -> None:
        self.asked.append(url)
        file.write_bytes(self.archive.read_bytes())

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.archive.read_bytes()).hexdigest()


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return Release(tmp_path)


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "pulumi.lock"
    monkeypatch.setattr(pulumi_release, "LOCK", file)
    return file


def test_what_was_locked_is_installed_with_the_cli_on_path(
    release: Release, lock: Path, tmp_path: Path
) -> None:
    assert pulumi_release.main(["lock", "--also", "aws@7.1.0"], release.fetch) == 0
    assert release.sha256 in lock.read_text()
    path = tmp_path / "path"
    root = tmp_path / "root"
    asked = ["install", "--root", str(root), "--path", str(path)]
    assert pulumi_release.main(asked, release.fetch) == 0
    assert path.read_text() == f"{root / 'pulumi'}\n"
    installed = release.said.read_text()
    assert f"plugin install resource aws {pins(LOCK)['pulumi-aws']} --file" in installed
    assert "plugin install resource aws 7.1.0 --file" in installed
    assert " cli " not in installed


def test_a_plugin_that_another_brings_stays_until_it_is_given_again(
    release: Release, lock: Path
) -> None:
    def extras() -> set[str]:
        return {one.version for one in pulumi_release.brought(lock.read_text())}

    pulumi_release.main(["lock", "--also", "aws@7.1.0"], release.fetch)
    pulumi_release.main(["lock"], release.fetch)
    assert extras() == {"7.1.0"}
    pulumi_release.main(["lock", "--also", "aws@7.2.0"], release.fetch)
    assert extras() == {"7.2.0"}


def test_another_hash_installs_nothing(
    release: Release, lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pulumi_release.main(["lock"], release.fetch)
    lock.write_text(lock.read_text().replace(release.sha256, "0" * 64, 1))
    asked = ["install", "--root", str(tmp_path / "root")]
    assert pulumi_release.main(asked, release.fetch) == 1
    assert "nothing was installed" in capsys.readouterr().err
    assert not list((tmp_path / "root").iterdir())


@pytest.mark.parametrize("command", ["lock", "install"])
def test_a_lock_of_another_form_is_refused(
    release: Release,
    lock: Path,
    tmp_path: Path,
    command: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lock.write_text("latest  aws\n")
    root = ["--root", str(tmp_path / "root")] if command == "install" else []
    assert pulumi_release.main([command, *root], release.fetch) == 1
    assert "pulumi.lock holds 'latest  aws'; delete it" in capsys.readouterr().err
    assert lock.read_text() == "latest  aws\n"


def test_without_a_hash_nothing_is_downloaded(
    release: Release, lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not lock.exists()
    asked = ["install", "--root", str(tmp_path / "root")]
    assert pulumi_release.main(asked, release.fetch) == 1
    assert f"no hash of cli {pins(LOCK)['pulumi']}" in capsys.readouterr().err
    assert release.asked == []


@pytest.mark.parametrize("wrong", ["aws", "aws@latest", "../x@1.2.3"])
def test_a_plugin_is_a_name_and_a_version(wrong: str, release: Release, lock: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        pulumi_release.main(["lock", "--also", wrong], release.fetch)
    assert ended.value.code == 2
    assert not lock.exists()


def test_an_archive_is_named_by_its_version() -> None:
    assert Archive(name=CLI, version="3.1.0").url.endswith("/pulumi-v3.1.0-linux-x64.tar.gz")
    assert Archive(name="aws", version="7.1.0").url.endswith("-aws-v7.1.0-linux-amd64.tar.gz")
