"""The database's secret: the version that is current, and the one of a rotation under way.

A rotation's version has the label AWSPENDING until the last step takes it off. So it tells how far
an interrupted one has come: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_how.html
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

import naming
from operations.account import Account
from operations.database.credentials import Credentials
from operations.procedure import Refused, Step

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
KEYS = {"username", "password"}


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A snapshot; `read` takes a new one."""

    account: Account
    arn: str
    current_id: str
    current: Credentials
    pending_id: str | None
    pending: Credentials | None
    """Of a rotation that has not ended; it may be current already."""

    @property
    def is_promoted(self) -> bool:
        """Whether the rotation's version is the current one, so that only its use is left."""
        return self.pending_id == self.current_id

    def beside(self, made: Credentials) -> "Secret":
        """The same once new credentials are kept beside the current ones."""
        return replace(self, pending_id=uuid.uuid4().hex, pending=made)

    def keep(self) -> Step:
        """Keep the pending credentials before anything else knows them."""
        assert self.pending is not None
        manager = self.account.client("secretsmanager")
        value = json.dumps({"username": self.pending.username, "password": self.pending.password})
        return Step(
            says=f"keep a new password of {self.pending.username} as the pending version of the "
            "secret",
            do=lambda: manager.put_secret_value(
                SecretId=self.arn,
                # The same in a repeated call, so that there is one version of it.
                ClientRequestToken=self.pending_id,
                SecretString=value,
                VersionStages=[PENDING],
            ),
            took_effect=lambda: read(self.account).pending_id == self.pending_id,
        )

    def promote(self) -> Step:
        """Give out the new credentials to every task that starts from now on."""
        return self._label(
            "make the pending version of the secret the current one",
            lambda: read(self.account).is_promoted,
            VersionStage=CURRENT,
            MoveToVersionId=self.pending_id,
            RemoveFromVersionId=self.current_id,
        )

    def end(self) -> Step:
        """The rotation is over: nothing is pending any more."""
        return self._label(
            "end the rotation",
            lambda: read(self.account).pending_id is None,
            VersionStage=PENDING,
            RemoveFromVersionId=self.pending_id,
        )

    def _label(self, says: str, is_done: Callable[[], bool], **moved: str | None) -> Step:
        manager = self.account.client("secretsmanager")

        def do() -> None:
            try:
                manager.update_secret_version_stage(SecretId=self.arn, **moved)
            except manager.exceptions.InvalidParameterException:
                # A repeated call finds the label where the first, whose answer was lost, put it.
                if not is_done():
                    raise

        return Step(says=says, do=do, took_effect=is_done)


def read(account: Account) -> Secret:
    """The stack's secret of the database; raises Refused when it can't be rotated by this."""
    manager, name = account.client("secretsmanager"), naming.secret(account.stack, "db")
    try:
        found = manager.describe_secret(SecretId=name)
    except manager.exceptions.ResourceNotFoundException:
        raise Refused(f"There is no secret {name}; run `pulumi up` of {account.stack}.") from None
    if "DeletedDate" in found:
        raise Refused(
            f"{name} is to be deleted: `aws secretsmanager restore-secret --secret-id {name}`."
        )
    if found.get("RotationEnabled"):
        raise Refused(
            f"{name} is rotated by a Lambda function: two rotations would undo each other. "
            f"`aws secretsmanager cancel-rotate-secret --secret-id {name}`."
        )
    stages = {stage: v for v, held in found["VersionIdsToStages"].items() for stage in held}
    pending = stages.get(PENDING)
    return Secret(
        account=account,
        arn=found["ARN"],
        current_id=stages[CURRENT],
        current=_credentials(account, name, stages[CURRENT]),
        pending_id=pending,
        pending=_credentials(account, name, pending) if pending else None,
    )


def _credentials(account: Account, name: str, version: str) -> Credentials:
    manager = account.client("secretsmanager")
    text = manager.get_secret_value(SecretId=name, VersionId=version)["SecretString"]
    try:
        held = json.loads(text)
    except ValueError:
        held = None
    if not isinstance(held, dict) or set(held) != KEYS:
        # The value itself is never told.
        raise Refused(
            f"Version {version} of {name} is not JSON with exactly username and password; put the "
            "right value in with `aws secretsmanager put-secret-value`."
        )
    return Credentials(username=str(held["username"]), password=str(held["password"]))
