"""Commands in a Markdown document, for the tests of the runbook."""

import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
ORIGINAL = ROOT / "tests/operations/runbook/original.md"
RUNBOOK = ROOT / "docs/runbook.md"
COMMANDS = ROOT / "docs/runbook-commands.md"
SHELL = ("bash", "sh")


def parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def commands(path: Path) -> dict[str, list[str]]:
    """What a shell would run, by the `##` section that it stands in, each once, on one line."""
    found: dict[str, list[str]] = {}
    section = ""
    tokens = parser().parse(path.read_text())
    for at, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            section = tokens[at + 1].content
        if token.type == "fence" and token.info.strip() in SHELL:
            for command in split(token.content):
                seen = found.setdefault(section, [])
                if command not in seen:
                    seen.append(command)
    return found


def split(script: str) -> Iterator[str]:
    """The commands of a block: no comments, a continued or quoted line with what follows it."""
    open_ = ""
    for line in script.splitlines():
        if not open_ and (not line.strip() or line.lstrip().startswith("#")):
            continue
        open_ = f"{open_} {line.strip()}" if open_ else line.strip()
        if open_.endswith("\\"):
            open_ = open_[:-1].rstrip()
            continue
        if _quoted(open_):
            continue
        yield _one_line(open_)
        open_ = ""
    if open_:
        yield _one_line(open_)


def _quoted(text: str) -> bool:
    """Whether a quote is still open at its end."""
    quote = ""
    escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
    return bool(quote)


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
