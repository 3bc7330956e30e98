"""The runbook as one self-contained page with contents, colours and copy buttons."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arbor.runbook.document import PLACEHOLDER

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

HERE = Path(__file__).parent
CONTENTS = "Table of Contents"
"""The document's own contents, which the page replaces."""
LEFT = "Left to fill in"
SEVERITY = re.compile(r"P([1-4]) - ")
REMARK = re.compile(r"^\s*#|\s{2,}# ")


def page(markdown: str, *, when: str, left: Mapping[str, str]) -> str:
    """The document as HTML; `left` has the reason for each placeholder without a value."""
    parser = _parser(left)
    tokens = _without_contents(parser.parse(markdown))
    entries = _name_headings(tokens)
    _colour(tokens)
    title = next(t for t, tag, _ in entries if tag == "h1")
    body = parser.renderer.render(tokens, parser.options, {})
    if left:
        entries.append((LEFT, "h2", slug(LEFT)))
        body += _left(left)
    # The line with the time follows the title.
    head, _, rest = body.partition("</h1>")
    style, script = (HERE / "page.css").read_text(), (HERE / "page.js").read_text()
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">\n'
        f'<link rel="icon" href="data:,">\n<title>{escape(title)}: {escape(when)}</title>\n'
        f"<style>{style}</style>\n</head>\n<body>\n"
        f'<div class="layout">\n<nav aria-label="Contents">{_contents(entries)}</nav>\n'
        f'<main>{head}</h1>\n<p class="when">{escape(when)}</p>{rest}</main>\n</div>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _policy(style: str, script: str) -> str:
    """The browser rejects any other script, and any address."""
    style_hash, script_hash = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (style, script)
    )
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{style_hash}'; "
        f"script-src 'sha256-{script_hash}'; base-uri 'none'; form-action 'none'"
    )


def _parser(left: Mapping[str, str]) -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 - slow, and --help is fast

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")

    def fence(
        _self: object, tokens: Sequence["Token"], at: int, _options: object, _env: object
    ) -> str:
        lines = (_line(line, left) for line in tokens[at].content.rstrip("\n").split("\n"))
        code = "\n".join(lines)
        return (
            '<div class="code"><button type="button" class="copy">Copy</button>'
            f"<pre><code>{code}</code></pre></div>\n"
        )

    def code(
        _self: object, tokens: Sequence["Token"], at: int, _options: object, _env: object
    ) -> str:
        return f"<code>{_marked(tokens[at].content, left)}</code>"

    def wide(before: str, after: str) -> Any:  # noqa: ANN401 - the library's rules are untyped
        return lambda *_: f"{before}\n{after}\n"

    parser.add_render_rule("fence", fence)
    parser.add_render_rule("code_inline", code)
    parser.add_render_rule("table_open", wide('<div class="table">', "<table>"))
    parser.add_render_rule("table_close", wide("</table>", "</div>"))
    return parser


def _line(line: str, left: Mapping[str, str]) -> str:
    """A line of code with its comment marked."""
    found = REMARK.search(line)
    if found is None:
        return _marked(line, left)
    command, remark = line[: found.start()], line[found.start() :]
    return f'{_marked(command, left)}<span class="remark">{_marked(remark, left)}</span>'


def _marked(code: str, left: Mapping[str, str]) -> str:
    """Escaped code with each placeholder without a value marked; the reason is its title."""
    parts, end = [], 0
    for found in PLACEHOLDER.finditer(code):
        why = left.get(found[1])
        if why is not None:
            parts += [
                escape(code[end : found.start()]),
                f'<mark title="{escape(why)}">{escape(found[0])}</mark>',
            ]
            end = found.end()
    return "".join([*parts, escape(code[end:])])


def _without_contents(tokens: list["Token"]) -> list["Token"]:
    """The document without its own contents."""
    for at, token in enumerate(tokens):
        if token.type == "heading_open" and tokens[at + 1].content == CONTENTS:
            rule = next(n for n in range(at, len(tokens)) if tokens[n].type == "hr")
            return tokens[:at] + tokens[rule + 1 :]
    return tokens


def _name_headings(tokens: Sequence["Token"]) -> list[tuple[str, str, str]]:
    """Set each heading's anchor; returns text, tag and anchor of each."""
    found = []
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            text = tokens[at + 1].content
            token.attrSet("id", slug(text))
            found.append((text, token.tag, slug(text)))
    return found


def _colour(tokens: Sequence["Token"]) -> None:
    """Set the class of each row in the severity table to its level."""
    row = None
    for token in tokens:
        if token.type == "tr_open":
            row = token
        elif (
            row is not None and token.type == "inline" and (level := SEVERITY.match(token.content))
        ):
            row.attrSet("class", f"p{level[1]}")


def _contents(entries: Sequence[tuple[str, str, str]]) -> str:
    items = "\n".join(
        f'<li class="{tag}"><a href="#{escape(anchor)}">{escape(text)}</a></li>'
        for text, tag, anchor in entries
        if tag in {"h2", "h3"}
    )
    return f"<details open><summary>Contents</summary>\n<ul>\n{items}\n</ul>\n</details>"


def _left(left: Mapping[str, str]) -> str:
    rows = "\n".join(
        f"<tr><td><code>&lt;{escape(name)}&gt;</code></td><td>{escape(why)}</td></tr>"
        for name, why in left.items()
    )
    return (
        f'<h2 id="{slug(LEFT)}">{LEFT}</h2>\n<div class="table">\n<table>\n'
        f"<thead><tr><th>Placeholder</th><th>Why it has no value</th></tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n</table>\n</div>\n"
    )
