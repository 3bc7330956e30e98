"""The runbook of one stack at one moment, as Markdown, as a page or as data."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from arbor.account import Account, unless_denied
from arbor.ecs import services
from arbor.procedure import Refused
from arbor.runbook import document, page
from arbor.runbook.values import Values, find

READABLE = 0o644


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The filled-in document and its values."""

    stack: str
    region: str
    at: datetime
    text: str
    values: Values

    def markdown(self) -> str:
        """For a terminal or a file; placeholders without a value are listed at the end."""
        title, _, rest = self.text.partition("\n")
        left = "".join(f"- `<{name}>`: {why}\n" for name, why in self.values.left.items())
        return f"{title}\n\n{self._when()}\n{rest}" + (
            f"\n## {page.LEFT}\n\n{left}" if left else ""
        )

    def html(self) -> str:
        return page.page(self.text, when=self._when(), left=self.values.left)

    def document(self) -> dict[str, object]:
        """For scripts: each placeholder with its value, or the reason for its absence."""
        return {
            "stack": self.stack,
            "account": self.values.account_id,
            "region": self.region,
            "at": self.at.isoformat(),
            "filled": self.values.filled,
            "left": self.values.left,
        }

    def summary(self) -> str:
        """In one line: how many placeholders have a value, and which have none."""
        left = ", ".join(f"<{name}>" for name in self.values.left)
        return f"{len(self.values.filled)} placeholders are filled in" + (
            f"; left to fill in, with the reasons at its end: {left}." if left else "."
        )

    def _when(self) -> str:
        return (
            f"{self.stack.capitalize()}, account {self.values.account_id}, {self.region}, "
            f"as it was on {self.at:%Y-%m-%d at %H:%M} UTC."
        )


def render(account: Account) -> Rendered:
    """Fill in the runbook. Raises Refused, and ClientError without valid credentials."""
    apps = _services(account)
    text = document.for_services(document.for_stack(document.read(), account.stack), apps)
    values = find(
        account,
        document.placeholders(text),
        (app for app in apps if app not in document.SERVICES),
    )
    return Rendered(
        stack=account.stack,
        region=account.client("sts").meta.region_name,
        at=datetime.now(UTC),
        text=document.fill(text, values.filled),
        values=values,
    )


def _services(account: Account) -> Sequence[str]:
    """The services of the stack; those of the document if the account has none."""
    try:
        found = unless_denied(partial(services.described, account))
    except Refused:
        found = None
    return tuple(found or document.SERVICES)


def write(path: Path, text: str) -> None:
    """Write the file atomically. Raises Refused."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).chmod(READABLE)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Refused(f"{path} can't be written: {error.strerror}. Name another file.") from error
