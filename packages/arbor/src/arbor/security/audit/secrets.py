"""audit secrets: which still have the value that the state holds, and how old each value is."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from arbor import secret
from arbor.account import Account, unless_denied
from arbor.cache import token
from arbor.database import secret as database
from arbor.procedure import Refused
from arbor.secret import Kind, T
from arbor.security import first_values, signing_key
from arbor.security.audit.line import Line
from arbor.security.first_values import COMMANDS, Held
from arbor_names import naming


def audit(account: Account) -> list[Line]:
    """A line for each secret of the stack. Raises Refused where it has none."""
    found = {held.purpose: held for held in first_values.required(account)}
    return [line for purpose in COMMANDS for line in _lines(account, purpose, found.get(purpose))]


def _lines(account: Account, purpose: str, held: Held | None) -> Iterator[Line]:
    name = naming.secret(account.stack, purpose)
    if held is None:
        yield Line(
            verdict="SKIP", what=name, says="it doesn't exist, is to be deleted, or has no value"
        )
        return
    days = held.days(datetime.now(UTC))
    age = f"its value is {days} {'day' if days == 1 else 'days'} old"
    wrong = held.wrong(account)
    if not wrong and unless_denied(lambda: _is_a_copy(account, purpose)):
        wrong = (
            f"{name} has a new version with its first value, which the state holds: run "
            f"`{account.typed(f'arbor {held.command}')}`."
        )
    command = "rotate-first" if held.is_first else held.command
    yield Line(
        verdict="NG" if wrong else "OK",
        what=name,
        says=f"{wrong.removeprefix(f'{name} ')} {age.capitalize()}." if wrong else age,
        look=f"aws secretsmanager list-secret-version-ids --include-deprecated --secret-id {name}",
        mend=account.typed(f"arbor {command}") if wrong else "",
        about={
            "version": held.version,
            "created": held.created,
            "days": days,
            "is_first": held.is_first,
            "is_pending": held.is_pending,
            "replaced": held.replaced,
        },
    )


def _is_a_copy(account: Account, purpose: str) -> bool:
    """Whether the current version repeats the first one's value, such as beside another key.

    Raises ClientError where the caller may not read values.
    """
    if purpose == database.KIND.purpose:
        return _repeats(account, database.KIND, lambda held: held.password)
    kind = token.KIND if purpose == token.KIND.purpose else signing_key.KIND
    return _repeats(account, kind, lambda held: held.text)


def _repeats(account: Account, kind: Kind[T], proof: Callable[[T], str]) -> bool:
    try:
        found = secret.read(account, kind)
    except Refused:
        return False  # what is no value of the kind is no copy of one
    first = found.first()
    return first is not None and proof(first) == proof(found.current)
