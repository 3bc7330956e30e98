"""The key of the state: it encrypts the bucket, and the secrets of every stack in it."""

from collections.abc import Callable, Iterator
from typing import Any

import ci_documents
import naming
from operations.procedure import Refused, Step
from pipeline.bootstrap.place import MADE_BY, Place, code, ours, same

TAGS = {**MADE_BY, "Component": "state"}
ALIAS = naming.STATE_KEY_ALIAS
DESCRIPTION = "State of Pulumi"
GOING = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


def refuse(place: Place) -> None:
    """Raises Refused for a key that can't be taken for the state's."""
    key = _behind_alias(place)
    if key is None:
        candidates = _ours_without_alias(place)
        if len(candidates) > 1:
            raise Refused(
                f"{' and '.join(sorted(candidates))} are both tagged as the state's key; delete "
                f"the one that nothing uses, or point {ALIAS} at the right one."
            )
        return
    if key["KeyState"] in GOING:
        raise Refused(
            f"{ALIAS} points at {key['Arn']}, which waits for its deletion, and with it the "
            f"secrets in the state: `aws kms cancel-key-deletion --key-id {key['KeyId']}`."
        )
    if not ours(_tags(place, key["Arn"])):
        raise Refused(
            f"{ALIAS} points at {key['Arn']}, which bootstrap did not make; delete the alias, or "
            f"tag the key {_spelled(MADE_BY)} if it is to be the state's."
        )


def arn(place: Place) -> str | None:
    """The key's ARN, once there is one: behind the alias, or made by a run that was stopped."""
    key = _behind_alias(place)
    if key is not None:
        return str(key["Arn"])
    return next(iter(_ours_without_alias(place)), None)


def steps(place: Place) -> Iterator[Step]:
    """Everything that must hold of the key, in the order in which it can be made to."""
    kms = place.client("kms")
    policy = ci_documents.account_key(place.account_id)

    def step(
        says: str,
        do: Callable[[str | None], object],
        look: Callable[[str], bool],
        *,
        made_so: bool = False,
    ) -> Step:
        """`made_so`: a key that isn't there yet will be like that from the start."""

        def took_effect() -> bool:
            found = arn(place)
            return made_so if found is None else look(found)

        return Step(says=says, do=lambda: do(arn(place)), took_effect=took_effect)

    yield step(
        "make the key of the state",
        lambda _: kms.create_key(Description=DESCRIPTION, Policy=policy, Tags=_listed(TAGS)),
        lambda _: True,
    )
    yield step(
        f"call it {ALIAS}",
        lambda key: kms.create_alias(AliasName=ALIAS, TargetKeyId=key),
        lambda _: _behind_alias(place) is not None,
    )
    yield step(
        f"enable {ALIAS}",
        lambda key: kms.enable_key(KeyId=key),
        lambda key: kms.describe_key(KeyId=key)["KeyMetadata"]["Enabled"],
        made_so=True,
    )
    yield step(
        f"let {ALIAS} rotate every year",
        lambda key: kms.enable_key_rotation(KeyId=key),
        lambda key: kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"],
    )
    yield step(
        f"leave it to IAM who uses {ALIAS}",
        lambda key: kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy),
        lambda key: same(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"], policy),
        made_so=True,
    )
    yield step(
        f"tag {ALIAS}",
        lambda key: kms.tag_resource(KeyId=key, Tags=_listed(TAGS)),
        lambda key: TAGS.items() <= _tags(place, key).items(),
        made_so=True,
    )


def _behind_alias(place: Place) -> dict[str, Any] | None:
    kms = place.client("kms")
    try:
        found: dict[str, Any] = kms.describe_key(KeyId=ALIAS)["KeyMetadata"]
    except kms.exceptions.NotFoundException:
        return None
    return found


def _ours_without_alias(place: Place) -> list[str]:
    kms = place.client("kms")
    keys = kms.get_paginator("list_keys").paginate()
    candidates = [key["KeyArn"] for page in keys for key in page["Keys"]]
    return [
        candidate
        for candidate in candidates
        if ours(_tags(place, candidate), Component=TAGS["Component"])
        and kms.describe_key(KeyId=candidate)["KeyMetadata"]["KeyState"] not in GOING
    ]


def _tags(place: Place, key: str) -> dict[str, str]:
    """Nothing for a key whose policy keeps IAM out: it is another's."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    pages = place.client("kms").get_paginator("list_resource_tags").paginate(KeyId=key)
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
