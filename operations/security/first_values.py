"""Which secrets of a stack still have the value that the program wrote, and how old each is.

The state holds that value, and whoever previews can decrypt the state. Secrets Manager's metadata
shows it, so no value is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import naming
from operations.account import Account
from operations.procedure import Refused
from operations.secret import CURRENT, INITIAL, PENDING

COMMANDS = {"db": "rotate-password", "redis": "rotate-token", "app": "rotate-key"}
"""What rotates each of the stack's secrets, by its purpose."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """A secret as it is now, without its value."""

    purpose: str
    name: str
    version: str
    """The id of the current one."""
    created: datetime
    """Of the current version."""
    is_first: bool
    """Whether the program wrote the current version."""
    is_pending: bool
    """Whether a rotation was begun and has not ended."""

    @property
    def command(self) -> str:
        """That rotates it, and ends a rotation that was begun."""
        return COMMANDS[self.purpose]

    def days(self, now: datetime) -> int:
        """Whole days since the current value was given out."""
        return (now - self.created).days

    def wrong(self, account: Account) -> str:
        """A sentence with what to do; nothing where the secret is as it should be."""
        command = account.typed(f"arbor {self.command}")
        if self.is_first:
            return (
                f"{self.name} still has its first value, which the state holds: run "
                f"`{account.typed('arbor rotate-first')}`."
            )
        if self.is_pending:
            return f"{self.name} has a rotation that was left half way: `{command}` ends it."
        return ""


def look(account: Account) -> list[Held]:
    """Every secret of the stack that exists, stays and has a value."""
    return [held for purpose in COMMANDS if (held := _look(account, purpose)) is not None]


def required(account: Account) -> list[Held]:
    """The same; raises Refused where there is none, as in the wrong region."""
    if found := look(account):
        return found
    name = naming.secret(account.stack, next(iter(COMMANDS)))
    raise Refused(f"There is no secret {name}; run `pulumi up` of {account.stack}.")


def _look(account: Account, purpose: str) -> Held | None:
    manager, name = account.client("secretsmanager"), naming.secret(account.stack, purpose)
    try:
        found = manager.describe_secret(SecretId=name)
    except manager.exceptions.ResourceNotFoundException:
        return None
    if "DeletedDate" in found:
        return None
    versions = list(_versions(manager, name))
    current = next((one for one in versions if CURRENT in _stages(one)), None)
    if current is None:
        return None
    return Held(
        purpose=purpose,
        name=name,
        version=current["VersionId"],
        created=current["CreatedDate"].astimezone(UTC),
        is_first=_is_first(current, versions),
        is_pending=any(PENDING in _stages(one) for one in versions),
    )


def _versions(manager: Any, name: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - boto3 clients carry no types
    """Deprecated ones too; Secrets Manager lists 100 at a time, and promises no order."""
    asked: dict[str, Any] = {"SecretId": name, "IncludeDeprecated": True}
    while True:
        page = manager.list_secret_version_ids(**asked)
        yield from page["Versions"]
        if not page.get("NextToken"):
            return
        asked["NextToken"] = page["NextToken"]


def _is_first(current: dict[str, Any], versions: list[dict[str, Any]]) -> bool:
    """By the program's label; by age where no version has it: adopted, or the label was taken off.

    A version that was given out again after a rotation is found by its label, too.
    """
    if any(INITIAL in _stages(one) for one in versions):
        return INITIAL in _stages(current)
    return bool(current["CreatedDate"] == min(one["CreatedDate"] for one in versions))


def _stages(version: dict[str, Any]) -> list[str]:
    """None where the version is deprecated."""
    return list(version.get("VersionStages") or ())
