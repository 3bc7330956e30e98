"""Files of the command line: checked before any work, read with a sentence, written whole."""

import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

_WRITES: Final = itertools.count()
"""A new name for each write: a signal's handler writes as well, and can interrupt one."""


def refusal(files: Iterable[Path | None]) -> str:
    """Why one of these can't be written, in a sentence; empty if all can. Skips None."""
    for file in files:
        if file is None:
            continue
        if file.is_dir():
            return f"{file} is a directory; name a file in it."
        if not file.parent.is_dir():
            return f"There is no directory {file.parent}; create it first."
    return ""


def write(file: Path, text: str) -> None:
    """Replace the file atomically: a job that is killed meanwhile leaves the old one.

    A device or a pipe is written directly. Raises OSError.
    """
    if file.exists() and not file.is_file():
        file.write_text(text)
        return
    temporary = file.with_name(f".{file.name}.{next(_WRITES)}")
    try:
        temporary.write_text(text)
        temporary.replace(file)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def read_report(file: Path, wrote: str) -> dict[str, Any]:
    """The JSON of a report of the command `wrote`, preview or apply.

    Raises ValueError, with a sentence, for any other file, such as the other command's report.
    """
    try:
        found = json.loads(file.read_text())
    except OSError as unread:
        raise ValueError(f"{file} can't be read ({unread.strerror}).") from unread
    except ValueError as wrong:
        raise no_report(file, wrote) from wrong
    if not isinstance(found, dict):
        raise no_report(file, wrote)
    of = "apply" if "result" in found else "preview" if "changes" in found else wrote
    if of != wrote:
        use = {"apply": "result", "preview": "comment"}[of]
        article = "an" if of == "apply" else "a"
        raise ValueError(f"{file} is {article} {of}'s report; use `python -m pipeline {use}`.")
    return found


def no_report(file: Path, wrote: str) -> ValueError:
    """The error for a file of another program, or a truncated one."""
    return ValueError(f"{file} is not a report of `python -m pipeline {wrote}`; run that again.")
