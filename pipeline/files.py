"""Files of the command line: checked before any work, read with a sentence, written whole."""

import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

_WRITES: Final = itertools.count()
"""A name for each: a signal can come in the middle of one, and its handler writes, too."""


def refusal(files: Iterable[Path | None]) -> str:
    """Why one of these can't be written, in a sentence; empty where each can. None is no file."""
    for file in files:
        if file is None:
            continue
        if file.is_dir():
            return f"{file} is a directory; name a file in it."
        if not file.parent.is_dir():
            return f"There is no directory {file.parent}; make it first."
    return ""


def write(file: Path, text: str) -> None:
    """Write it at once or not at all: a job that is killed meanwhile leaves the one before.

    A device or a pipe is written as it is. Raises OSError.
    """
    if file.exists() and not file.is_file():
        file.write_text(text)
        return
    beside = file.with_name(f".{file.name}.{next(_WRITES)}")
    try:
        beside.write_text(text)
        beside.replace(file)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def read_report(file: Path, wrote: str) -> dict[str, Any]:
    """The JSON of a report of the command `wrote`, preview or apply.

    Raises ValueError, with a sentence, for what is no report and for one of the other command.
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
    """The error for a file that another program wrote, or that is cut off."""
    return ValueError(f"{file} is no report of `python -m pipeline {wrote}`; run that again.")
