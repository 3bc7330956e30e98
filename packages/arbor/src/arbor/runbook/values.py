"""What the placeholders of the runbook stand for in an account."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from arbor import screen
from arbor.account import Account, together
from arbor.procedure import Refused
from arbor.runbook import edge, stores, tasks
from arbor.runbook.finding import Finder, Finding, Missing

SAFE = re.compile(r"[A-Za-z0-9:/._,@+=-]+")
"""What a shell takes as it stands, and Markdown too."""
FINDERS: tuple[Finder, ...] = (*edge.FINDERS, *tasks.FINDERS, *stores.FINDERS)
CHOSEN = {
    "version": "you choose it: the tag of the images to release",
    "customer-id": "you choose it: the customer whose requests are looked for",
    "restore-time": "you choose it: the moment to go back to, in UTC",
    "admin-token": "you have it: the application's administrator token",
}
"""What no account can tell."""


@dataclass(frozen=True, kw_only=True)
class Values:
    """What was found, and why the rest was not."""

    account_id: str
    filled: dict[str, str]
    left: dict[str, str]


def names() -> list[str]:
    """Every placeholder that a runbook may use."""
    return [name for finder in FINDERS for name in finder.names] + list(CHOSEN)


def find(account: Account, wanted: Iterable[str]) -> Values:
    """Look up what is wanted, side by side. What can't be found is left, with the reason.

    Raises what botocore raises when AWS is not reached, and ClientError when it does not know us.
    """
    wanted = list(wanted)
    looks: list[Callable[[], dict[str, Finding]]] = [
        partial(_look, account, finder) for finder in FINDERS if set(wanted) & set(finder.names)
    ]
    identity, *answers = together(partial(_identity, account), *looks)
    found = {name: value for answer in answers for name, value in answer.items()}
    filled, left = {}, {}
    for name in wanted:
        value = found.get(name) or Missing(
            CHOSEN.get(name, "the runbook knows no such placeholder")
        )
        if isinstance(value, Missing):
            left[name] = value.why
        elif SAFE.fullmatch(value):
            filled[name] = value
        else:
            left[name] = f"{value!r} holds characters that a shell would not leave as they are"
    return Values(account_id=str(identity["account"]), filled=filled, left=left)


def _identity(account: Account) -> dict[str, Finding]:
    """Without valid credentials this raises, and nothing else need be told."""
    return {"account": account.client("sts").get_caller_identity()["Account"]}


def _look(account: Account, finder: Finder) -> dict[str, Finding]:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow, and --help is fast

    try:
        return finder.find(account)
    except Refused as refused:
        why = str(refused)
    except ClientError as error:
        why = screen.sentence(error)
    return dict.fromkeys(finder.names, Missing(why))
