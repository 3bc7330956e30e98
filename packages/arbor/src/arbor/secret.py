"""A secret of the stack: its current, first and pending versions.

A rotation's version has the label AWSPENDING until the last step removes it, so the labels show
the progress of an interrupted rotation:
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
"""The label of the program's own version, whose value is also in Pulumi's state:
components/secrets.py, docs/decisions/initial-secret-version.md."""
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[T]):
    """The content of one of the secrets."""

    purpose: str
    """The end of its name, such as `db`."""
    holds: str
    """The required form of its value, for an error, such as `JSON with a password`."""
    parse: Callable[[Mapping[str, object]], T | None]
    """Returns None for a value of another form."""
    dump: Callable[[T], Mapping[str, object]]
    describe: Callable[[T], str]
    """Describes a value without showing it, such as `password of arbor_user`."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """One key's value; a rotation keeps the other keys."""

    text: str = field(repr=False)
    others: Mapping[str, object] = field(repr=False, default_factory=dict)


def of_key(purpose: str, key: str, holds: str, description: str) -> Kind[Value]:
    """A kind whose rotation changes one key."""

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
        describe=lambda _: description,
    )


@dataclass(frozen=True, kw_only=True)
class Secret(Generic[T]):
    """A secret as it was read."""

    account: Account
    kind: Kind[T]
    name: str
    arn: str
    stages: Mapping[str, str]
    """Version ids by label."""
    current: T = field(repr=False)
    pending: T | None = field(repr=False)
    """The value of an incomplete rotation; it may be current already."""
    is_rotated_by_lambda: bool = False

    @property
    def pending_id(self) -> str | None:
        return self.stages.get(PENDING)

    @property
    def is_promoted(self) -> bool:
        """Whether the pending version is the current one."""
        return self.pending_id == self.stages[CURRENT]

    def first(self) -> T | None:
        """The value in Pulumi's state; None without its label."""
        version = self.stages.get(INITIAL)
        return None if version is None else _value(self.account, self.kind, self.name, version)

    def outdated(self) -> list[T]:
        """Values that must stop working once the pending one is in use."""
        now = read(self.account, self.kind)
        versions = [now.stages.get(stage) for stage in (CURRENT, PREVIOUS, INITIAL)]
        found = [
            _value(self.account, self.kind, self.name, version)
            for version in dict.fromkeys(filter(None, versions))
        ]
        return [value for value in found if value is not None and value != self.pending]

    def with_pending(self, value: T) -> "Secret[T]":
        """The secret as it is after `keep` stored a new value as the pending version."""
        return replace(self, stages={**self.stages, PENDING: uuid.uuid4().hex}, pending=value)

    def keep(self) -> Step:
        """Store the pending value before anything uses it."""
        assert self.pending is not None
        manager, version = self.account.client("secretsmanager"), self.stages[PENDING]
        value = json.dumps(self.kind.dump(self.pending))
        return Step(
            action=f"store a new {self.kind.describe(self.pending)} as {self.name}'s pending "
            "version",
            do=lambda: manager.put_secret_value(
                SecretId=self.arn,
                # A repeated call has the same token, so that it adds no second version.
                ClientRequestToken=version,
                SecretString=value,
                VersionStages=[PENDING],
            ),
            took_effect=lambda: read(self.account, self.kind).pending_id == version,
        )

    def promote(self) -> Step:
        """Make the pending value the one that new tasks get."""
        return self._label(
            f"make the pending version of {self.name} the current one",
            lambda: read(self.account, self.kind).is_promoted,
            VersionStage=CURRENT,
            MoveToVersionId=self.stages[PENDING],
            RemoveFromVersionId=self.stages[CURRENT],
        )

    def end(self) -> Step:
        """Remove the label AWSPENDING."""
        return self._label(
            f"end the rotation of {self.name}",
            lambda: read(self.account, self.kind).pending_id is None,
            VersionStage=PENDING,
            RemoveFromVersionId=self.stages[PENDING],
        )

    def _label(self, action: str, is_done: Callable[[], bool], **moved: str) -> Step:
        manager = self.account.client("secretsmanager")

        def do() -> None:
            try:
                manager.update_secret_version_stage(SecretId=self.arn, **moved)
            except manager.exceptions.InvalidParameterException:
                # The first call moved the label, and its response was lost.
                if not is_done():
                    raise

        return Step(action=action, do=do, took_effect=is_done)


def read(account: Account, kind: Kind[T]) -> Secret[T]:
    """The stack's secret of a kind. Raises Refused when it can't be used."""
    manager, name = account.client("secretsmanager"), naming.secret(account.stack, kind.purpose)
    try:
        found = manager.describe_secret(SecretId=name)
    except manager.exceptions.ResourceNotFoundException:
        raise Refused(f"There is no secret {name}; run `pulumi up` of {account.stack}.") from None
    if "DeletedDate" in found:
        raise Refused(
            f"{name} is scheduled for deletion. Restore it: `aws secretsmanager restore-secret "
            f"--secret-id {name}`."
        )
    held = found.get("VersionIdsToStages", {})
    stages = {stage: version for version, labels in held.items() for stage in labels}
    if CURRENT not in stages:
        raise Refused(f"{name} has no current version; run `pulumi up` of {account.stack}.")
    by_lambda = bool(found.get("RotationEnabled"))
    # The pending version of a rotation by Lambda has no value until the function stores one.
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
        # The message leaves the value out.
        raise Refused(
            f"Version {version} of {name} is not {kind.holds}; store a valid value with "
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
