"""audit secrets: secrets whose value is in Pulumi's state, and the age of each value."""

from collections.abc import Callable
from datetime import UTC, datetime

from arbor import secret
from arbor.account import Account, unless_denied
from arbor.cache import token
from arbor.check import Check
from arbor.database import secret as database
from arbor.procedure import Refused
from arbor.secret import Kind, T
from arbor.security import first_values, signing_key
from arbor.security.first_values import COMMANDS, SecretAge
from arbor.words import counted
from arbor_names import naming


def audit(account: Account) -> list[Check]:
    """A check for each secret. Raises Refused if the stack has none."""
    found = {age.purpose: age for age in first_values.required(account)}
    return [_check(account, purpose, found.get(purpose)) for purpose in COMMANDS]


def _check(account: Account, purpose: str, age: SecretAge | None) -> Check:
    name = naming.secret(account.stack, purpose)
    if age is None:
        return Check(
            status="SKIP", name=name, message="missing, scheduled for deletion, or without a value"
        )
    days = age.days(datetime.now(UTC))
    sentence = f"its value is {counted(days, 'day')} old"
    finding = age.finding(account)
    if not finding and unless_denied(lambda: _is_a_copy(account, purpose)):
        finding = (
            f"{name} has a new version with its first value, which is in Pulumi's state: run "
            f"`{account.typed(f'arbor {age.command}')}`."
        )
    command = "rotate-first" if age.is_first else age.command
    return Check(
        status="NG" if finding else "OK",
        name=name,
        message=f"{finding.removeprefix(f'{name} ')} {sentence.capitalize()}."
        if finding
        else sentence,
        shown_by="aws secretsmanager list-secret-version-ids --include-deprecated "
        f"--secret-id {name}",
        remedy=account.typed(f"arbor {command}") if finding else "",
        details={
            "version": age.version,
            "created": age.created,
            "days": days,
            "is_first": age.is_first,
            "is_pending": age.is_pending,
            "replaced": age.replaced,
        },
    )


def _is_a_copy(account: Account, purpose: str) -> bool:
    """Whether the current version has the first one's value, such as with a further key.

    Raises ClientError if the caller may not read values.
    """
    if purpose == database.KIND.purpose:
        return _repeats(account, database.KIND, lambda value: value.password)
    kind = token.KIND if purpose == token.KIND.purpose else signing_key.KIND
    return _repeats(account, kind, lambda value: value.text)


def _repeats(account: Account, kind: Kind[T], text: Callable[[T], str]) -> bool:
    try:
        found = secret.read(account, kind)
    except Refused:
        return False  # not a value of this kind
    first = found.first()
    return first is not None and text(first) == text(found.current)
