"""Markdown in which text from elsewhere stays plain.

Names of resources, values and failures come from a pull request or from AWS. Outside of code they
could turn into markup, HTML, links, mentions and references. GitHub Flavored Markdown:
https://github.github.com/gfm/
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

MARKUP: Final = re.compile(r"([\\`*_{}\[\]~|!])")
ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
NOTHING: Final = "&#8203;"
"""A zero-width space: it breaks mentions, references and addresses invisibly."""
SPANS: Final = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")
"""Text between backquotes, which stays code."""
CODE_TICKS: Final = re.compile(r"`+")


def code(text: str) -> str:
    """Any text as code in a line; also in the cell of a table."""
    flat = " ".join(text.split()) or " "
    longest = max((len(run) for run in CODE_TICKS.findall(flat)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if flat[0] == "`" or flat[-1] == "`" else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def cell(text: str) -> str:
    """Code in the cell of a table, where a bar would end it even there."""
    return code(text).replace("|", "\\|")


def prose(text: str) -> str:
    """A sentence: text between backquotes is code, the rest is plain."""
    flat = " ".join(text.split())
    parts, at = [], 0
    for span in SPANS.finditer(flat):
        parts += [_plain(flat[at : span.start()]), code(span[2].strip())]
        at = span.end()
    return "".join([*parts, _plain(flat[at:])])


def block(text: str, language: str = "text") -> Iterator[str]:
    """Any text as a block of code."""
    longest = max((len(run) for run in CODE_TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"{fence}{language}", *text.splitlines(), fence)


def details(summary: str, lines: Iterable[str], *, is_open: bool = False) -> Iterator[str]:
    """A collapsible block; `summary` is Markdown without code."""
    yield f"<details{' open' if is_open else ''}><summary>{summary}</summary>"
    yield ""
    yield from lines
    yield from ("", "</details>", "")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> Iterator[str]:
    """A table whose first `left` columns are texts and whose others are numbers."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join('---' if n < left else '--:' for n in range(len(head)))}|"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _plain(text: str) -> str:
    escaped = "".join(ENTITIES.get(letter, letter) for letter in text)
    escaped = MARKUP.sub(r"\\\1", escaped)
    # A number sign only where a reference could begin: elsewhere in a line it is no heading.
    escaped = re.sub(r"#(?=\d)", f"#{NOTHING}", escaped)
    escaped = re.sub(r"@(?=\w)", f"@{NOTHING}", escaped)
    escaped = re.sub(
        r"://(?=\S)|(?<=\bwww)\.", lambda found: f"{found[0][0]}{NOTHING}{found[0][1:]}", escaped
    )
    escaped = re.sub(r"^([#+=-])", r"\\\1", escaped)
    return re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", escaped)
