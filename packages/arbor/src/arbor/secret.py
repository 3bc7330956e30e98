"""One of the stack's secrets: the current version, the first one, and that of a rotation under way.

A rotation's version has the label AWSPENDING until the last step takes it off, so the label shows
how far an interrupted one has come:
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_how.html
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from arbor.account import Account
from arbor.procedure import Refused, Step
from arbor_names import naming

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
INITIAL = "arbor-initial"
"""On the version that the program wrote, whose value the state holds too (components/secrets.py,
docs/decisions/initial-secret-version.md)."""
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[T]):
    """What one of the secrets holds, and how it is written."""

    purpose: str
    """The end of its name, such as `db`."""
    holds: str
    """What its value must be, for a refusal."""
    parse: Callable[[Mapping[str, object]], T | None]
    """None where the value is something else."""
    dump: Callable[[T], Mapping[str, object]]
    says: Callable[[T], str]
    """What a value is, without the value: `password of arbor_user`."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """Of one key; the secret may hold others, and a rotation keeps them."""

    text: str = field(repr=False)
    others: Mapping[str, object] = field(repr=False, default_factory=dict)


def of_key(purpose: str, key: str, holds: str, says: str) -> Kind[Value]:
    """The kind of a secret in which one key is rotated."""

    def parse(held: Mapping[str, object]) -> Value | None:
        text = held.get(key)
        if not isinstance(text, str) or not text:
            return None
        return Value(text=text, others={name: one for name, one in held.items() if name != key})

    return Kind(
        purpose=purpose,
        holds=holds,
        parse=parse,
        dump=lambda value: {**value.others, key: value.text},
        says=lambda _: says,
    )


@dataclass(frozen=True, kw_only=True)
class Secret(Generic[T]):
    """A snapshot; `read` takes a new one."""

    account: Account
    kind: Kind[T]
    name: str
    arn: str
    stages: Mapping[str, str]
    """The version that has a label, by the label."""
    current: T = field(repr=False)
    pending: T | None = field(repr=False)
    """Of a rotation that has not ended; it may be current already."""
    is_rotated_by_lambda: bool = False

    @property
    def pending_id(self) -> str | None:
        return self.stages.get(PENDING)

    @property
    def is_promoted(self) -> bool:
        """Whether the rotation's version is the current one, so that only its use is left."""
        return self.pending_id == self.stages[CURRENT]

    def first(self) -> T | None:
        """What the program wrote, and the state holds; None where it can't be known any more."""
        version = self.stages.get(INITIAL)
        return None if version is None else _value(self.account, self.kind, self.name, version)

    def outdated(self) -> list[T]:
        """Values that must be of no use once the pending one has replaced them."""
        now = read(self.account, self.kind)
        versions = [now.stages.get(stage) for stage in (CURRENT, PREVIOUS, INITIAL)]
        found = [
            _value(self.account, self.kind, self.name, version)
            for version in dict.fromkeys(filter(None, versions))
        ]
        return [value for value in found if value is not None and value != self.pending]

    def with_pending(self, made: T) -> "Secret[T]":
        """The same once a new value is kept beside the current one."""
        return replace(self, stages={**self.stages, PENDING: uuid.uuid4().hex}, pending=made)

    def keep(self) -> Step:
        """Keep the pending value before anything else knows it."""
        assert self.pending is not None
        manager, version = self.account.client("secretsmanager"), self.stages[PENDING]
        value = json.dumps(self.kind.dump(self.pending))
        return Step(
            says=f"keep a new {self.kind.says(self.pending)} as the pending version of {self.name}",
            do=lambda: manager.put_secret_value(
                SecretId=self.arn,
                # The same in a repeated call, so that there is one version of it.
                ClientRequestToken=version,
                SecretString=value,
                VersionStages=[PENDING],
            ),
            took_effect=lambda: read(self.account, self.kind).pending_id == version,
        )

    def promote(self) -> Step:
        """Give out the pending value to every task that starts from now on."""
        return self._label(
            f"make the pending version of {self.name} the current one",
            lambda: read(self.account, self.kind).is_promoted,
            VersionStage=CURRENT,
            MoveToVersionId=self.stages[PENDING],
            RemoveFromVersionId=self.stages[CURRENT],
        )

    def end(self) -> Step:
        """The rotation is over: nothing is pending any more."""
        return self._label(
            f"end the rotation of {self.name}",
            lambda: read(self.account, self.kind).pending_id is None,
            VersionStage=PENDING,
            RemoveFromVersionId=self.stages[PENDING],
        )

    def _label(self, says: str, is_done: Callable[[], bool], **moved: str) -> Step:
        manager = self.account.client("secretsmanager")

        def do() -> None:
            try:
                manager.update_secret_version_stage(SecretId=self.arn, **moved)
            except manager.exceptions.InvalidParameterException:
                # A repeated call finds the label where the first, whose answer was lost, put it.
                if not is_done():
                    raise

        return Step(says=says, do=do, took_effect=is_done)


def read(account: Account, kind: Kind[T]) -> Secret[T]:
    """The stack's secret of a kind. Raises Refused when it can't be used."""
    manager, name = account.client("secretsmanager"), naming.secret(account.stack, kind.purpose)
    try:
        found = manager.describe_secret(SecretId=name)
    except manager.exceptions.ResourceNotFoundException:
        raise Refused(f"There is no secret {name}; run `pulumi up` of {account.stack}.") from None
    if "DeletedDate" in found:
        raise Refused(
            f"{name} is to be deleted: `aws secretsmanager restore-secret --secret-id {name}`."
        )
    held = found.get("VersionIdsToStages", {})
    stages = {stage: version for version, labels in held.items() for stage in labels}
    if CURRENT not in stages:
        raise Refused(f"{name} has no current version; run `pulumi up` of {account.stack}.")
    by_lambda = bool(found.get("RotationEnabled"))
    # A Lambda function's pending version has no value until the function has put one in.
    pending = None if by_lambda else stages.get(PENDING)
    return Secret(
        account=account,
        kind=kind,
        name=name,
        arn=found["ARN"],
        stages=stages,
        current=_required(account, kind, name, stages[CURRENT]),
        pending=_required(account, kind, name, pending) if pending else None,
        is_rotated_by_lambda=by_lambda,
    )


def _required(account: Account, kind: Kind[T], name: str, version: str) -> T:
    value = _value(account, kind, name, version)
    if value is None:
        # The value itself stays out of the message.
        raise Refused(
            f"Version {version} of {name} is not {kind.holds}; put the right value in with "
            "`aws secretsmanager put-secret-value`."
        )
    return value


def _value(account: Account, kind: Kind[T], name: str, version: str) -> T | None:
    manager = account.client("secretsmanager")
    text = manager.get_secret_value(SecretId=name, VersionId=version)["SecretString"]
    try:
        held = json.loads(text)
    except ValueError:
        return None
    return kind.parse(held) if isinstance(held, dict) else None
