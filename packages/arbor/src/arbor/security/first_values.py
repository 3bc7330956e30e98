"""Secrets that still have their first value, written by the program, and the age of each value.

That value is in Pulumi's state, which the preview role can decrypt. Metadata of Secrets Manager and
ElastiCache is enough to find these secrets: no value is read.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.cache import group
from arbor.procedure import Refused
from arbor.secret import CURRENT, INITIAL, PENDING
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.type_defs import SecretVersionsListEntryTypeDef

COMMANDS = {"db": "rotate-password", "redis": "rotate-token", "app": "rotate-key"}
"""The rotation command by the secret's purpose."""
CACHE = "redis"
CLOCKS = timedelta(minutes=1)
"""Tolerance between the two services' clocks; Secrets Manager has no fraction of a second."""


@dataclass(frozen=True, kw_only=True)
class SecretAge:
    """Metadata of a secret's current version."""

    purpose: str
    name: str
    version: str
    """Id of the current version."""
    created: datetime
    """Creation time of the current version."""
    is_first: bool
    """Whether the program wrote the current version."""
    is_pending: bool
    """Whether a rotation is incomplete."""
    replaced: str = ""
    """The store, if it is newer than the value and so uses the first value again."""

    @property
    def is_in_state(self) -> bool:
        """Whether the value in Pulumi's state is in use."""
        return self.is_first or bool(self.replaced)

    @property
    def command(self) -> str:
        """The command that rotates the secret or completes its rotation."""
        return COMMANDS[self.purpose]

    def days(self, now: datetime) -> int:
        """Whole days since the current version was created."""
        return (now - self.created).days

    def finding(self, account: Account) -> str:
        """A sentence with the remedy; empty without a finding."""
        command = account.typed(f"arbor {self.command}")
        if self.is_first:
            return (
                f"{self.name} still has its first value, which is in Pulumi's state: run "
                f"`{account.typed('arbor rotate-first')}`."
            )
        if self.replaced:
            return (
                f"{self.replaced} was created after the value of {self.name}, so it uses the first "
                f"value, which is in Pulumi's state, and rejects all tasks: run `{command}`."
            )
        if self.is_pending:
            return f"{self.name} has an incomplete rotation: run `{command}` to complete it."
        return ""


def find(account: Account) -> list[SecretAge]:
    """The stack's secrets with a value, except those scheduled for deletion."""
    return [age for purpose in COMMANDS if (age := _find(account, purpose)) is not None]


def required(account: Account) -> list[SecretAge]:
    """As `find`. Raises Refused if there are none, such as in the wrong region."""
    if found := find(account):
        return found
    name = naming.secret(account.stack, next(iter(COMMANDS)))
    raise Refused(
        f"There is no secret {name}. Check the account and AWS_REGION; the first `pulumi up` "
        "creates the secrets."
    )


def _find(account: Account, purpose: str) -> SecretAge | None:
    manager, name = account.client("secretsmanager"), naming.secret(account.stack, purpose)
    try:
        found = manager.describe_secret(SecretId=name)
    except manager.exceptions.ResourceNotFoundException:
        return None
    if "DeletedDate" in found:
        return None
    versions = _versions(account, name)
    current = next((one for one in versions if CURRENT in _stages(one)), None)
    if current is None:
        return None
    return SecretAge(
        purpose=purpose,
        name=name,
        version=current["VersionId"],
        created=current["CreatedDate"].astimezone(UTC),
        is_first=_is_first(current, versions),
        is_pending=any(PENDING in _stages(one) for one in versions),
        replaced=_replaced(account, current["CreatedDate"]) if purpose == CACHE else "",
    )


def _replaced(account: Account, token_created: datetime) -> str:
    """The cache's name if the cache is newer than its token; else empty.

    Pulumi ignores changes of the token, but creates a replacement group with the state's token. The
    database is exempt, because a restored one is newer by intent.
    """
    found = group.find(account)
    created = found.get("ReplicationGroupCreateTime") if found else None
    if found is None or created is None or created - token_created <= CLOCKS:
        return ""
    return found["ReplicationGroupId"]


def _versions(account: Account, name: str) -> "list[SecretVersionsListEntryTypeDef]":
    """All versions, including deprecated ones, in any order."""
    manager = account.client("secretsmanager")
    page = manager.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)
    found = page["Versions"]
    while token := page.get("NextToken"):
        page = manager.list_secret_version_ids(
            SecretId=name, IncludeDeprecated=True, NextToken=token
        )
        found += page["Versions"]
    return found


def _is_first(
    current: "SecretVersionsListEntryTypeDef", versions: "list[SecretVersionsListEntryTypeDef]"
) -> bool:
    """Whether the version has the label `arbor-initial`, or is the oldest if none has it.

    An adopted secret has no label, nor has one whose label was removed.
    """
    if any(INITIAL in _stages(one) for one in versions):
        return INITIAL in _stages(current)
    return current["CreatedDate"] == min(one["CreatedDate"] for one in versions)


def _stages(version: "SecretVersionsListEntryTypeDef") -> list[str]:
    """Labels; empty for a deprecated version."""
    return version.get("VersionStages") or []
