"""The values of the runbook's placeholders in an account."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from arbor import screen
from arbor.account import Account, together
from arbor.procedure import Refused
from arbor.runbook import document, edge, stores, tasks
from arbor.runbook.finding import Finder, Finding, Missing

SAFE = re.compile(r"[A-Za-z0-9:/._,@+=-]+")
"""Characters that neither a shell nor Markdown changes."""
FINDERS: tuple[Finder, ...] = (
    *edge.FINDERS,
    *tasks.FINDERS,
    *stores.FINDERS,
    *(one(app) for app in document.SERVICES for one in (edge.for_app, tasks.for_app)),
)
CHOSEN = {
    "version": "your choice: the tag of the images to release",
    "customer-id": "your choice: the customer whose requests to find",
    "restore-time": "your choice: the time to restore, in UTC",
    "admin-token": "your secret: the application's administrator token",
}
"""Placeholders without a value in the account, with the reason."""


@dataclass(frozen=True, kw_only=True)
class Values:
    """The values that were found, and the reasons for the others."""

    account_id: str
    filled: dict[str, str]
    left: dict[str, str]


def names() -> list[str]:
    """Every placeholder that a runbook may use."""
    return [name for finder in FINDERS for name in finder.names] + list(CHOSEN)


def find(account: Account, wanted: Iterable[str], further: Iterable[str] = ()) -> Values:
    """Look up the wanted placeholders in parallel; `left` has the reasons for missing values.

    `further` are the services besides those of the document. Raises BotoCoreError if AWS is
    unreachable, and ClientError without valid credentials.
    """
    wanted = list(wanted)
    finders = (*FINDERS, *(one(app) for app in further for one in (edge.for_app, tasks.for_app)))
    reads: list[Callable[[], dict[str, Finding]]] = [
        partial(_read, account, finder) for finder in finders if set(wanted) & set(finder.names)
    ]
    identity, *answers = together(partial(_identity, account), *reads)
    found = {name: value for answer in answers for name, value in answer.items()}
    filled, left = {}, {}
    for name in wanted:
        value = found.get(name) or Missing(CHOSEN.get(name, "no such placeholder"))
        if isinstance(value, Missing):
            left[name] = value.why
        elif SAFE.fullmatch(value):
            filled[name] = value
        else:
            left[name] = f"{value!r} contains characters that a shell would change"
    return Values(account_id=str(identity["account"]), filled=filled, left=left)


def _identity(account: Account) -> dict[str, Finding]:
    """Raises ClientError without valid credentials, first of all reads."""
    return {"account": account.client("sts").get_caller_identity()["Account"]}


def _read(account: Account, finder: Finder) -> dict[str, Finding]:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow, and --help is fast

    try:
        return finder.find(account)
    except Refused as refused:
        why = str(refused)
    except ClientError as error:
        why = screen.sentence(error)
    return dict.fromkeys(finder.names, Missing(why))
