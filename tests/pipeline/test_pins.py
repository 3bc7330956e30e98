"""A job with credentials installs packages, CLI and plugins, each by its hash."""

import hashlib
import re
import sys
import tarfile
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from imported import imported
from tools import locks, pulumi_release
from tools.pulumi_release import CLI, Archive

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements-pipeline.lock").read_text()
UV_LOCK = (ROOT / "uv.lock").read_text()
PYPROJECTS = [ROOT / "pyproject.toml", *sorted(ROOT.glob("packages/*/pyproject.toml"))]
REGISTRY = {"https://pypi.org", "https://files.pythonhosted.org"}
ARBOR = "packages/arbor/src/arbor"
IMPORTED_FROM = {
    "requirements-pipeline.lock": (
        *("*.py", "pipeline", "engine", "access", "config", "components", "policy"),
        *("arbor_names", ARBOR),
    ),
    "packages/arbor/requirements.lock": (ARBOR, "arbor_names"),
}
"""Programs of each job with credentials."""
PIN = re.compile(r"(?m)^([\w.-]+)==([^ ;\\\n]+)")


def pins(text: str) -> dict[str, str]:
    return {normal(name): version for name, version in PIN.findall(text)}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", locks.EXPORTS)
def test_each_locked_package_has_a_hash(name: str) -> None:
    text = (ROOT / name).read_text()
    assert len(pins(text)) > 20
    for requirement in re.split(r"(?m)^(?=[\w.-]+==)", text)[1:]:
        assert "--hash=sha256:" in requirement, requirement


@pytest.mark.parametrize("name", locks.EXPORTS)
def test_pips_lists_are_exported_from_the_lock(name: str) -> None:
    assert (ROOT / name).read_text() == locks.exported(name), "run `make lock` and commit it"


def test_the_lock_matches_the_pyprojects() -> None:
    locks.uv("lock", "--check", "--offline")


def test_the_lock_names_only_pypi() -> None:
    assert set(re.findall(r"https?://[^/\"]+", UV_LOCK)) == REGISTRY


def test_packages_are_built_with_the_locked_backend() -> None:
    for path in PYPROJECTS[1:]:
        (backend,) = tomllib.loads(path.read_text())["build-system"]["requires"]
        for name in ("requirements-pipeline.lock", "packages/arbor/requirements.lock"):
            assert f"\n{backend} " in (ROOT / name).read_text(), path


def test_every_distribution_supports_the_same_pythons() -> None:
    supported = {
        tomllib.loads(path.read_text())["project"]["requires-python"] for path in PYPROJECTS
    }
    assert supported == {">=3.11,<3.14"}


@pytest.mark.parametrize("name", IMPORTED_FROM)
def test_a_lock_contains_its_jobs_imports(name: str) -> None:
    distributions = metadata.packages_distributions()
    ours = {path.stem for path in ROOT.glob("*.py")} | {path.name for path in ROOT.iterdir()}
    ours |= {path.name for path in (ROOT / "policy").iterdir()} | {"arbor"}
    rooms = [path for pattern in IMPORTED_FROM[name] for path in ROOT.glob(pattern)]
    files = [file for path in rooms for file in (path.rglob("*.py") if path.is_dir() else [path])]
    foreign = {name for file in files for name in imported(file)} - sys.stdlib_module_names - ours
    assert {"boto3", "psycopg", "typer"} <= foreign
    locked = pins((ROOT / name).read_text()).keys()
    for module in foreign - {"google"}:
        assert {normal(one) for one in distributions[module]} & locked, module


def test_the_cli_has_the_version_of_the_sdk() -> None:
    wanted = {one.name: one.version for one in pulumi_release.wanted(LOCK)}
    assert wanted[CLI] == pins(LOCK)["pulumi"]
    assert wanted["aws"] == pins(LOCK)["pulumi-aws"]
    assert "policy" not in wanted


class Release:
    """Archives in a directory instead of Pulumi's servers; the CLI records its arguments."""

    def __init__(self, place: Path) -> None:
        program = place / "pulumi" / "pulumi"
        program.parent.mkdir()
        self.output = place / "output"
        program.write_text(f'#!/bin/sh\necho "$1 $2 $3 $4 $5 $6" >> {self.output}\n')
        program.chmod(0o755)
        self.archive = place / "pulumi.tar.gz"
        with tarfile.open(self.archive, "w:gz") as opened:
            opened.add(program.parent, "pulumi")
        self.requested: list[str] = []

    def fetch(self, url: str, file: Path) -> None:
        self.requested.append(url)
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


def test_the_locked_programs_are_installed_with_the_cli_on_path(
    release: Release, lock: Path, tmp_path: Path
) -> None:
    assert pulumi_release.main(["lock", "--also", "aws@7.1.0"], release.fetch) == 0
    assert release.sha256 in lock.read_text()
    path = tmp_path / "path"
    root = tmp_path / "root"
    requested = ["install", "--root", str(root), "--path", str(path)]
    assert pulumi_release.main(requested, release.fetch) == 0
    assert path.read_text() == f"{root / 'pulumi'}\n"
    installed = release.output.read_text()
    assert f"plugin install resource aws {pins(LOCK)['pulumi-aws']} --file" in installed
    assert "plugin install resource aws 7.1.0 --file" in installed
    assert " cli " not in installed


def test_a_plugin_of_another_plugin_stays_until_it_is_replaced(
    release: Release, lock: Path
) -> None:
    def extras() -> set[str]:
        return {one.version for one in pulumi_release.brought(lock.read_text())}

    pulumi_release.main(["lock", "--also", "aws@7.1.0"], release.fetch)
    pulumi_release.main(["lock"], release.fetch)
    assert extras() == {"7.1.0"}
    pulumi_release.main(["lock", "--also", "aws@7.2.0"], release.fetch)
    assert extras() == {"7.2.0"}


def test_a_different_hash_installs_nothing(
    release: Release, lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pulumi_release.main(["lock"], release.fetch)
    lock.write_text(lock.read_text().replace(release.sha256, "0" * 64, 1))
    requested = ["install", "--root", str(tmp_path / "root")]
    assert pulumi_release.main(requested, release.fetch) == 1
    assert "nothing was installed" in capsys.readouterr().err
    assert not list((tmp_path / "root").iterdir())


@pytest.mark.parametrize("command", ["lock", "install"])
def test_a_malformed_lock_is_refused(
    release: Release, lock: Path, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lock.write_text("latest  aws\n")
    root = ["--root", str(tmp_path / "root")] if command == "install" else []
    assert pulumi_release.main([command, *root], release.fetch) == 1
    assert "pulumi.lock has the line 'latest  aws'; delete it" in capsys.readouterr().err
    assert lock.read_text() == "latest  aws\n"


def test_without_a_hash_nothing_is_downloaded(
    release: Release, lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not lock.exists()
    requested = ["install", "--root", str(tmp_path / "root")]
    assert pulumi_release.main(requested, release.fetch) == 1
    assert f"no hash of cli {pins(LOCK)['pulumi']}" in capsys.readouterr().err
    assert release.requested == []


@pytest.mark.parametrize("wrong", ["aws", "aws@latest", "../x@1.2.3"])
def test_a_plugin_is_a_name_and_a_version(wrong: str, release: Release, lock: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        pulumi_release.main(["lock", "--also", wrong], release.fetch)
    assert ended.value.code == 2
    assert not lock.exists()


def test_an_archive_is_named_by_its_version() -> None:
    assert Archive(name=CLI, version="3.1.0").url.endswith("/pulumi-v3.1.0-linux-x64.tar.gz")
    assert Archive(name="aws", version="7.1.0").url.endswith("-aws-v7.1.0-linux-amd64.tar.gz")
