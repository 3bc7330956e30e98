"""docs/runbook.md: its placeholders, and the page with another stack's names."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from arbor.procedure import Refused

RUNBOOK = Path(__file__).parent / "runbook.md"
WRITTEN_FOR = "production"
SERVICES = ("backend", "frontend")
"""The services in the document."""
PLACEHOLDER = re.compile(r"<([a-z][a-z0-9-]*)>")
"""Only in code; elsewhere Markdown parses it as HTML."""
NAMES = re.compile(rf"((?:\barbor[-_/]|\bPulumi\.|--stack ){WRITTEN_FOR})\b")
EACH = re.compile(
    rf"(?P<before><?)(?P<prefix>[a-z-]*){SERVICES[0]}(?P<suffix>[a-z-]*>?) "
    rf"(?P=before)(?P=prefix){SERVICES[1]}(?P=suffix)"
)
"""The same name or placeholder of both services in sequence."""
EXPLAINED = re.compile(r"^\| `<([a-z][a-z0-9-]*)>` \| (.*) \|$")
"""A row of the table of placeholders."""


def read() -> str:
    """The runbook in the package. Raises Refused."""
    try:
        return RUNBOOK.read_text(encoding="utf-8")
    except OSError as error:
        raise Refused(
            f"{RUNBOOK} can't be read: {error.strerror}. Reinstall the package."
        ) from error


def placeholders(text: str) -> list[str]:
    """Each once, in the order of the text."""
    return list(dict.fromkeys(PLACEHOLDER.findall(text)))


def for_stack(text: str, stack: str) -> str:
    """The text with the stack in every name and `arbor` command."""
    if stack == WRITTEN_FOR:
        return text
    renamed = NAMES.sub(lambda found: found[1].removesuffix(WRITTEN_FOR) + stack, text)
    lines, in_code = [], False
    for line in renamed.splitlines():
        in_code ^= line.startswith("```")
        lines.append(_in_stack(line, stack) if in_code else line)
    return "\n".join(lines) + "\n"


def for_services(text: str, apps: Sequence[str]) -> str:
    """The text with the stack's services: in lists of all, and in the table of placeholders."""
    further = [app for app in apps if app not in SERVICES]
    lines = []
    for line in text.splitlines():
        lines.append(EACH.sub(partial(_each, apps), line))
        row = EXPLAINED.match(line)
        if row and row[1].startswith(f"{SERVICES[1]}-"):
            lines += [re.sub(rf"(?:[Tt]he )?{SERVICES[1]}", app, line) for app in further]
    return "\n".join(lines) + "\n"


def _each(apps: Sequence[str], found: re.Match[str]) -> str:
    before, suffix = found["before"] + found["prefix"], found["suffix"]
    return " ".join(f"{before}{app}{suffix}" for app in apps)


def _in_stack(line: str, stack: str) -> str:
    if not line.startswith("arbor "):
        return line
    command, remark, rest = line.partition(" #")
    return f"{command.rstrip()} --stack {stack}" + (f"  #{rest}" if remark else "")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with values in place of placeholders; a placeholder without a value stays.

    In the table of placeholders, the name stays and the value is added.
    """
    return "\n".join(_fill_line(line, values) for line in text.splitlines()) + "\n"


def _fill_line(line: str, values: Mapping[str, str]) -> str:
    if row := EXPLAINED.match(line):
        name, meaning = row.groups()
        now = f": `{values[name]}`" if name in values else ""
        return f"| `<{name}>` | {_replace(meaning, values)}{now} |"
    return _replace(line, values)


def _replace(text: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
