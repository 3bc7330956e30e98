"""Which secrets of a stack still have the value that the program wrote, and how old each is.

The state holds that value, and the role of previews can decrypt the state. The metadata of Secrets
Manager and ElastiCache shows it, so no value is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from arbor.account import Account
from arbor.procedure import Refused
from arbor.secret import CURRENT, INITIAL, PENDING
from arbor_names import naming

COMMANDS = {"db": "rotate-password", "redis": "rotate-token", "app": "rotate-key"}
"""What rotates each of the stack's secrets, by its purpose."""
CACHE = "redis"
CLOCKS = timedelta(minutes=1)
"""What the two services' clocks may differ; Secrets Manager gives no fraction of a second."""


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
    replaced: str = ""
    """The store that is younger than the value, and so has the program's first one again."""

    @property
    def is_of_the_state(self) -> bool:
        """Whether the value that the state holds opens something."""
        return self.is_first or bool(self.replaced)

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
        if self.replaced:
            return (
                f"{self.replaced} was created after the value of {self.name}, so it takes its "
                f"first one, which the state holds, and no task gets in: run `{command}`."
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
    raise Refused(
        f"There is no secret {name}. Check the account and AWS_REGION; before the first "
        "`pulumi up`, a stack has none."
    )


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
        replaced=_replaced(account, current["CreatedDate"]) if purpose == CACHE else "",
    )


def _replaced(account: Account, given: datetime) -> str:
    """The cache's name where it was created after its token was given out.

    `up` ignores the token until it replaces the group: the new one is created with the token of the
    state. A database is not judged so, because a restored one is younger by intent.
    """
    cache, name = account.client("elasticache"), naming.cache_replication_group(account.stack)
    try:
        (found,) = cache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"]
    except cache.exceptions.ReplicationGroupNotFoundFault:
        return ""
    created: datetime | None = found.get("ReplicationGroupCreateTime")
    return name if created is not None and created - given > CLOCKS else ""


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
