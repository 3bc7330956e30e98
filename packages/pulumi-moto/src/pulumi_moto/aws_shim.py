"""An `aws` command, first on PATH, that reaches the emulated account only.

AWS_ENDPOINT_URL is not enough: CLI v1 ignores it for `aws rds` in us-east-1, and v2 before 2.13
ignores it everywhere. All versions follow `--endpoint-url`.
"""

import functools
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

SHIM = """#!/bin/sh
# The AWS CLI, with the endpoint of the emulated account (pulumi_moto).
for argument in "$@"; do
    case "$argument" in
        --endpoint-url|--endpoint-url=*)
            echo "aws: --endpoint-url is already set to the emulated account; leave it out." >&2
            exit 252 ;;
    esac
done
exec {aws} --endpoint-url {endpoint} "$@"
"""
NO_AWS = """#!/bin/sh
echo "aws: no AWS CLI on this machine; install version 2 (Debian: apt-get install awscli)." >&2
exit 127
"""


def find_aws() -> str | None:
    """The newest major version of the AWS CLI among those on PATH; v1 has no `logs tail`."""
    directories = [*os.environ.get("PATH", "").split(os.pathsep), "/usr/bin", "/usr/local/bin"]
    found = {path for directory in directories if (path := shutil.which("aws", path=directory))}
    return max(sorted(found), key=version, default=None)


@functools.cache
def version(aws: str) -> tuple[int, ...]:
    """The version of an AWS CLI, such as (2, 9, 19)."""
    printed = subprocess.run(  # noqa: S603 - an aws from PATH, run for its version
        [aws, "--version"], capture_output=True, text=True, check=False
    ).stdout
    number = printed.partition("aws-cli/")[2].partition(" ")[0]
    return tuple(int(part) for part in number.split(".") if part.isdigit())


def install(directory: Path, endpoint: str) -> None:
    """Write the shim into `directory`."""
    aws = find_aws()
    script = (
        NO_AWS if aws is None else SHIM.format(aws=shlex.quote(aws), endpoint=shlex.quote(endpoint))
    )
    shim = directory / "aws"
    shim.write_text(script)
    shim.chmod(0o755)


def search_path(directory: Path) -> str:
    """Return PATH with the shim first, then this Python's own directory.

    A pyenv shim of python3 puts pyenv's directory, and the `aws` in it, first for its children.
    With this interpreter's directory before it, that shim is not used.
    """
    return os.pathsep.join([str(directory), str(Path(sys.executable).parent), os.environ["PATH"]])
