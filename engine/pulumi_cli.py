"""The `pulumi` CLI: found on PATH, installed by Pulumi's installer, or built from Go modules.

The installer and the build write to a cache outside the work tree, keyed by version, which later
runs use. See docs/decisions/pulumi-cli.md.
"""

import fcntl
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pulumi import automation

VERSION = "3.259.0"
"""The newest version whose Go modules build; the SDK may be newer."""
OLDEST = (3, 200, 0)
"""Older CLIs lack parts of the provider protocol of pulumi_moto/provider.py."""
INSTALLER = "https://get.pulumi.com"
BUILD_FILES = Path(__file__).parent / "cli_build"
COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
Print = Callable[[str], None]
Progress = Callable[[int, int], None]
"""Packages compiled so far, and how many there are."""


class NoPulumiError(Exception):
    """The CLI is missing and can't be installed; the message has the remedy."""


def cache_dir() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "arbor" / f"pulumi-{VERSION}"


def find_or_build(report: Print, progress: Progress) -> automation.PulumiCommand:
    """The CLI, installed or built if it is missing. Raises NoPulumiError."""
    if (on_path := shutil.which("pulumi")) and _version(on_path) >= OLDEST:
        return automation.PulumiCommand(skip_version_check=True)
    if on_path:
        report(
            f"{on_path} is older than {'.'.join(map(str, OLDEST))}; using {cache_dir()}/bin/pulumi."
        )
    root = cache_dir()
    with _one_at_a_time(root):
        if not (root / "bin" / "pulumi").exists():
            if _reachable(INSTALLER):
                report(f"Installing the pulumi CLI from {INSTALLER} (once).")
                automation.PulumiCommand.install(root=str(root), skip_version_check=True)
            else:
                _build(root, report, progress)
    return automation.PulumiCommand(root=str(root), skip_version_check=True)


def _version(command: str) -> tuple[int, ...]:
    output = subprocess.run(  # noqa: S603 - the pulumi that shutil.which found
        [command, "version"], capture_output=True, text=True, check=True
    ).stdout
    return tuple(int(part) for part in output.strip().lstrip("v").split("-")[0].split(".")[:3])


def _reachable(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=3):  # noqa: S310 - a constant https address
            return True
    except OSError:
        return False


def _build(root: Path, report: Print, progress: Progress) -> None:
    go = shutil.which("go")
    if go is None:
        raise NoPulumiError(
            "pulumi is not on PATH, its installer can't be reached, and Go is missing to build it. "
            "Install the CLI (https://www.pulumi.com/docs/install/) or Go 1.26, then run this "
            "again."
        )
    report(f"Building the pulumi CLI {VERSION} from its Go modules (once, about three minutes).")
    listed = _go([go, "list", "-mod=readonly", "-deps", COMMAND])
    total = len(listed.splitlines())
    version = f"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{VERSION}"
    unfinished = root / "pulumi.unfinished"
    building = subprocess.Popen(  # noqa: S603 - go as shutil.which found it, arguments of ours
        [
            *(go, "build", "-v", "-mod=readonly", "-ldflags", f"-s -w -X {version}"),
            *("-o", str(unfinished), COMMAND),
        ],
        cwd=BUILD_FILES,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert building.stderr is not None
    output: list[str] = []
    for line in building.stderr:
        output.append(line)
        progress(min(len(output), total), total)
    if building.wait() != 0:
        raise NoPulumiError(f"Building the pulumi CLI failed:\n{''.join(output[-15:])}")
    (root / "bin").mkdir(exist_ok=True)
    unfinished.rename(root / "bin" / "pulumi")


def _go(command: list[str]) -> str:
    done = subprocess.run(  # noqa: S603 - go as shutil.which found it, arguments of ours
        command, cwd=BUILD_FILES, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise NoPulumiError(
            f"Go can't load the modules of the pulumi CLI:\n{done.stderr.strip()[-1500:]}"
        )
    return done.stdout


@contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    """Two commands started together build once: the second waits and finds the binary."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
