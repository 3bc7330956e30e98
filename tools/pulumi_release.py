"""`python -m tools.pulumi_release`: the official Pulumi CLI and its plugins, each by its hash.

Jobs with credentials run only the programs in `pulumi.lock`: one version for plan and apply, that
of the SDK. `lock` writes the file where there is internet, `install` reads it in a job. The plugin
archives are those of `pulumi plugin install`, whose `--file` installs one from disk:
https://www.pulumi.com/docs/iac/cli/commands/pulumi_plugin_install/

Imports only the standard library, so that it runs before any installation.
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
LOCK: Final = ROOT / "pulumi.lock"
PACKAGES: Final = ROOT / "requirements-pipeline.lock"
CLI: Final = "cli"
CLI_URL: Final = "https://get.pulumi.com/releases/sdk/pulumi-v{version}-linux-x64.tar.gz"
PLUGIN_URL: Final = (
    "https://api.pulumi.com/releases/plugins/pulumi-resource-{name}-v{version}-linux-amd64.tar.gz"
)
NO_PLUGIN: Final = frozenset({"pulumi-policy"})
PINNED: Final = re.compile(r"^(pulumi[a-z-]*)==([\w.]+)", re.MULTILINE)
LINE: Final = re.compile(r"([0-9a-f]{64})  ([a-z-]+) (\d+\.\d+\.\d+)( also)?", re.ASCII)
"""`also` marks a plugin that another plugin needs; `lock` keeps it."""
HEADER: Final = (
    "# SHA-256, name and version of the Linux archives that a job with credentials runs.\n"
    "# Written by `python -m tools.pulumi_release lock`.\n"
)
AGAIN: Final = (
    "run `python -m tools.pulumi_release lock` on a machine with internet, review and commit "
    "pulumi.lock."
)
TIMEOUT_SECONDS: Final = 60
Fetch = Callable[[str, Path], None]


class NotPinnedError(Exception):
    """A hash is missing or differs; the message names the archive and the remedy."""


@dataclass(frozen=True, kw_only=True, order=True)
class Archive:
    """The CLI (named `cli`) or one plugin."""

    name: str
    version: str

    @property
    def url(self) -> str:
        pattern = CLI_URL if self.name == CLI else PLUGIN_URL
        return pattern.format(name=self.name, version=self.version)


def wanted(packages: str) -> list[Archive]:
    """The CLI of the SDK's version, and the plugin of each provider package of the lock."""
    found = dict(PINNED.findall(packages))
    plugins = [
        Archive(name=package.removeprefix("pulumi-"), version=version)
        for package, version in sorted(found.items())
        if package != "pulumi" and package not in NO_PLUGIN
    ]
    return [Archive(name=CLI, version=found["pulumi"]), *plugins]


def read(lock: str) -> dict[Archive, str]:
    """Hashes by archive. Raises NotPinnedError for a line of another form."""
    return {Archive(name=parts[2], version=parts[3]): parts[1] for parts in _lines(lock)}


def brought(lock: str) -> list[Archive]:
    """The lock's plugins that other plugins need. Raises NotPinnedError."""
    return [Archive(name=parts[2], version=parts[3]) for parts in _lines(lock) if parts[4]]


def lock(needed: Iterable[Archive], also: Iterable[Archive], fetch: Fetch) -> str:
    """Download each archive; returns the text of the lock."""
    lines = []
    marks = {**dict.fromkeys(also, " also"), **dict.fromkeys(needed, "")}
    with tempfile.TemporaryDirectory() as place:
        for archive, mark in sorted(marks.items()):
            file = Path(place) / "archive"
            fetch(archive.url, file)
            lines.append(f"{_sha256(file)}  {archive.name} {archive.version}{mark}\n")
    return HEADER + "".join(lines)


def install(needed: list[Archive], hashes: dict[Archive, str], root: Path, fetch: Fetch) -> Path:
    """Install the CLI below `root`, then each plugin; returns the directory for PATH.

    Installs every entry of the lock, including plugins that other plugins need.
    Raises NotPinnedError before anything is downloaded if a hash is missing, and before anything
    is unpacked if one differs.
    """
    missing = [f"{one.name} {one.version}" for one in needed if one not in hashes]
    if missing:
        raise NotPinnedError(f"pulumi.lock has no hash of {', '.join(missing)}; {AGAIN}")
    with tempfile.TemporaryDirectory() as place:
        files = dict(_checked(hashes, Path(place), fetch))
        cli = next(archive for archive in needed if archive.name == CLI)
        with tarfile.open(files.pop(cli)) as opened:
            opened.extractall(root, filter="data")
        program = root / "pulumi" / "pulumi"
        for archive, file in files.items():
            if archive.name != CLI:
                command = [str(program), "plugin", "install", "resource", archive.name]
                subprocess.run(  # noqa: S603 - the CLI whose hash was checked
                    [*command, archive.version, "--file", str(file)], check=True
                )
    return program.parent


def _lines(lock: str) -> Iterator[re.Match[str]]:
    for line in lock.splitlines():
        if line and not line.startswith("#"):
            parts = LINE.fullmatch(line)
            if parts is None:
                raise NotPinnedError(f"pulumi.lock has the line {line!r}; delete it, and {AGAIN}")
            yield parts


def _checked(
    hashes: dict[Archive, str], place: Path, fetch: Fetch
) -> Iterator[tuple[Archive, Path]]:
    for archive, expected in hashes.items():
        file = place / f"{archive.name}-{archive.version}.tar.gz"
        fetch(archive.url, file)
        if (found := _sha256(file)) != expected:
            raise NotPinnedError(
                f"{archive.url} has SHA-256 {found}, and pulumi.lock has {expected}: nothing was "
                "installed. Find the cause before you lock it again."
            )
        yield archive, file


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _download(url: str, file: Path) -> None:
    with (
        urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer,  # noqa: S310 - https, above
        file.open("wb") as opened,
    ):
        while block := answer.read(1 << 20):
            opened.write(block)


def _archive(text: str) -> Archive:
    name, _, version = text.partition("@")
    if not LINE.fullmatch(f"{'0' * 64}  {name} {version}"):
        raise argparse.ArgumentTypeError(f"{text} is not a plugin; allowed: NAME@1.2.3.")
    return Archive(name=name, version=version)


def main(arguments: list[str] | None = None, fetch: Fetch = _download) -> int:
    """Run the command line; returns 0 done, 1 failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.pulumi_release", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    locks = commands.add_parser("lock", help="write pulumi.lock; needs the internet")
    locks.add_argument(
        "--also",
        action="append",
        default=[],
        type=_archive,
        metavar="NAME@VERSION",
        help="a plugin that another one needs, such as awsx's aws plugin; the lock keeps it",
    )
    installs = commands.add_parser("install", help="install every entry of pulumi.lock")
    installs.add_argument("--path", type=Path, help="the file of $GITHUB_PATH")
    installs.add_argument("--root", type=Path, default=Path.home() / ".arbor")
    requested = parser.parse_args(arguments)
    needed = wanted(PACKAGES.read_text())
    try:
        before = LOCK.read_text() if LOCK.exists() else ""
        if requested.command == "lock":
            given = {one.name for one in requested.also}
            kept = [one for one in brought(before) if one.name not in given]
            LOCK.write_text(lock(needed, [*kept, *requested.also], fetch))
            return 0
        requested.root.mkdir(parents=True, exist_ok=True)
        hashes = read(before)
        directory = install(needed, hashes, requested.root, fetch)
        if requested.path:
            with requested.path.open("a") as path:
                path.write(f"{directory}\n")
    except (NotPinnedError, OSError, subprocess.CalledProcessError) as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
