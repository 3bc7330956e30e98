"""The keys of the state: one encrypts the bucket, and one of each stack the secrets in its state.

Stacks that are older than their own key have secrets encrypted with the bucket's; docs/state.md
moves them.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from access import state
from arbor.procedure import Refused, Step
from arbor_names import naming
from pipeline.bootstrap.stack_account import MADE_BY, StackAccount, code, ours, same

COMPONENT = {"Component": "state"}
DESCRIPTION = "State of Pulumi"
GOING = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


@dataclass(frozen=True, kw_only=True)
class Key:
    """One of the keys, by its alias."""

    alias: str
    stack: str | None
    """None for the bucket's, which every stack of the account uses."""

    @property
    def tags(self) -> dict[str, str]:
        whose = {"Stack": self.stack} if self.stack is not None else {}
        return {**MADE_BY, **COMPONENT, **whose}

    def made_as(self, tags: dict[str, str]) -> bool:
        """Whether bootstrap made a key with these tags for this purpose."""
        return ours(tags, **COMPONENT) and tags.get("Stack") == self.stack


BUCKETS = Key(alias=naming.STATE_KEY_ALIAS, stack=None)


def of_stack(stack: str) -> Key:
    """The key that encrypts the secrets in this stack's state."""
    return Key(alias=naming.state_key_alias(stack), stack=stack)


def keys(account: StackAccount) -> tuple[Key, Key]:
    """The two keys of a stack."""
    return BUCKETS, of_stack(account.stack)


def refuse(account: StackAccount) -> None:
    """Raises Refused for a key that can't be used for the state."""
    for key in keys(account):
        _refuse(account, key)


def arn(account: StackAccount, key: Key = BUCKETS) -> str | None:
    """The key's ARN, by its alias or, after an interrupted run, by its tags."""
    found = _behind_alias(account, key)
    if found is not None:
        return str(found["Arn"])
    return next(iter(_ours_without_alias(account, key)), None)


def steps(account: StackAccount) -> Iterator[Step]:
    """The required settings of the keys, in the order of their creation."""
    return itertools.chain.from_iterable(_steps(account, key) for key in keys(account))


def _refuse(account: StackAccount, key: Key) -> None:
    found = _behind_alias(account, key)
    if found is None:
        candidates = _ours_without_alias(account, key)
        if len(candidates) > 1:
            raise Refused(
                f"{' and '.join(sorted(candidates))} are all tagged as the state's key: delete "
                f"the unused ones, or point {key.alias} at the right one."
            )
        return
    if found["KeyState"] in GOING:
        raise Refused(
            f"{key.alias} points at {found['Arn']}, which is scheduled for deletion; the secrets "
            f"in the state would be lost. Run "
            f"`aws kms cancel-key-deletion --key-id {found['KeyId']}`."
        )
    tags = _tags(account, found["Arn"])
    if not ours(tags) or (key.stack is not None and not key.made_as(tags)):
        wanted = MADE_BY if key.stack is None else key.tags
        raise Refused(
            f"{key.alias} points at {found['Arn']}, which bootstrap did not create: delete "
            f"the alias, or tag the key {_spelled(wanted)} to use it for the state."
        )


def _steps(account: StackAccount, key: Key) -> Iterator[Step]:
    kms = account.client("kms")
    policy = state.key_policy(account.pipeline)
    alias, tags = key.alias, key.tags

    def step(
        action: str,
        do: Callable[[str | None], object],
        holds: Callable[[str], bool],
        *,
        made_so: bool = False,
    ) -> Step:
        """`made_so`: a new key has the setting from its creation."""

        def took_effect() -> bool:
            found = arn(account, key)
            return made_so if found is None else holds(found)

        return Step(action=action, do=lambda: do(arn(account, key)), took_effect=took_effect)

    yield step(
        "create the key of the state's bucket"
        if key.stack is None
        else f"create the key of {key.stack}'s state",
        lambda _: kms.create_key(Description=DESCRIPTION, Policy=policy, Tags=_listed(tags)),
        lambda _: True,
    )
    yield step(
        f"create the alias {alias}",
        lambda found: kms.create_alias(AliasName=alias, TargetKeyId=found),
        lambda _: _behind_alias(account, key) is not None,
    )
    yield step(
        f"enable {alias}",
        lambda found: kms.enable_key(KeyId=found),
        lambda found: kms.describe_key(KeyId=found)["KeyMetadata"]["Enabled"],
        made_so=True,
    )
    yield step(
        f"enable yearly rotation of {alias}",
        lambda found: kms.enable_key_rotation(KeyId=found),
        lambda found: kms.get_key_rotation_status(KeyId=found)["KeyRotationEnabled"],
    )
    yield step(
        f"set the policy of {alias}: IAM grants its use, only {naming.BREAK_GLASS_ROLE} deletes it",
        lambda found: kms.put_key_policy(KeyId=found, PolicyName="default", Policy=policy),
        lambda found: same(kms.get_key_policy(KeyId=found, PolicyName="default")["Policy"], policy),
        made_so=True,
    )
    yield step(
        f"tag {alias}",
        lambda found: kms.tag_resource(KeyId=found, Tags=_listed(tags)),
        lambda found: tags.items() <= _tags(account, found).items(),
        made_so=True,
    )


def _behind_alias(account: StackAccount, key: Key) -> dict[str, Any] | None:
    kms = account.client("kms")
    try:
        found: dict[str, Any] = kms.describe_key(KeyId=key.alias)["KeyMetadata"]
    except kms.exceptions.NotFoundException:
        return None
    return found


def _ours_without_alias(account: StackAccount, key: Key) -> list[str]:
    kms = account.client("kms")
    pages = kms.get_paginator("list_keys").paginate()
    candidates = [found["KeyArn"] for page in pages for found in page["Keys"]]
    return [
        candidate
        for candidate in candidates
        if key.made_as(_tags(account, candidate))
        and kms.describe_key(KeyId=candidate)["KeyMetadata"]["KeyState"] not in GOING
    ]


def _tags(account: StackAccount, key: str) -> dict[str, str]:
    """Empty for a key whose policy denies reading them: another project owns it."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    pages = account.client("kms").get_paginator("list_resource_tags").paginate(KeyId=key)
    try:
        return {tag["TagKey"]: tag["TagValue"] for page in pages for tag in page["Tags"]}
    except ClientError as error:
        if code(error) == "AccessDeniedException":
            return {}
        raise


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


def _spelled(tags: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in tags.items())
