"""Keys and aliases."""

from pulumi_moto.row import Autoname, Change, Client, Props, Row, State, fields
from pulumi_moto.services.equivalence import same_policy
from pulumi_moto.services.missing import deleting, found_or_none

LONGEST_WINDOW = 30


def _tags(tags: dict[str, str] | None) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in (tags or {}).items()]


def create_key(kms: Client, props: Props) -> str:
    policy = {"Policy": props["policy"]} if props.get("policy") else {}
    made = kms.create_key(
        Description=props.get("description", ""), Tags=_tags(props.get("tags")), **policy
    )
    key = str(made["KeyMetadata"]["KeyId"])
    _rotate(kms, key, props)
    return key


def _rotate(kms: Client, key: str, props: Props) -> None:
    if props.get("enableKeyRotation"):
        days = props.get("rotationPeriodInDays")
        period = {"RotationPeriodInDays": int(days)} if days else {}
        kms.enable_key_rotation(KeyId=key, **period)
    else:
        kms.disable_key_rotation(KeyId=key)


def read_key(kms: Client, key: str) -> State | None:
    answer = found_or_none(kms.describe_key, KeyId=key)
    if answer is None or answer["KeyMetadata"]["KeyState"] == "PendingDeletion":
        return None
    found = answer["KeyMetadata"]
    rotation = kms.get_key_rotation_status(KeyId=key)
    days = rotation.get("RotationPeriodInDays")
    return {
        "description": found["Description"],
        "enableKeyRotation": rotation["KeyRotationEnabled"],
        **({"rotationPeriodInDays": days} if days else {}),
        "policy": kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"],
        "tags": {t["TagKey"]: t["TagValue"] for t in kms.list_resource_tags(KeyId=key)["Tags"]},
        "arn": found["Arn"],
        "keyId": key,
    }


def update_key(kms: Client, key: str, change: Change) -> None:
    if change.keys & {"enableKeyRotation", "rotationPeriodInDays"}:
        kept = {"rotationPeriodInDays": change.old.get("rotationPeriodInDays")}
        _rotate(kms, key, {**kept, **change.new})
    if "description" in change.keys:
        kms.update_key_description(KeyId=key, Description=change.new.get("description", ""))
    if "policy" in change.keys:
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=change.new["policy"])
    if "tags" in change.keys:
        kms.untag_resource(KeyId=key, TagKeys=list(change.old.get("tags") or {}))
        kms.tag_resource(KeyId=key, Tags=_tags(change.new.get("tags")))


def delete_key(kms: Client, key: str, state: Props) -> None:
    """Schedule the deletion; a key that is pending deletion reads as gone."""
    if read_key(kms, key) is not None:
        days = int(state.get("deletionWindowInDays", LONGEST_WINDOW))
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=days)


def same_key(old: str, new: str) -> bool:
    """Compare an ARN with an id: an alias accepts both and returns the id."""
    return old.rsplit("/", 1)[-1] == new.rsplit("/", 1)[-1]


def create_alias(kms: Client, props: Props) -> str:
    kms.create_alias(AliasName=props["name"], TargetKeyId=props["targetKeyId"])
    return str(props["name"])


def read_alias(kms: Client, name: str) -> State | None:
    for page in kms.get_paginator("list_aliases").paginate():
        for found in page["Aliases"]:
            if found["AliasName"] == name:
                return {"name": name, "targetKeyId": found["TargetKeyId"], "arn": found["AliasArn"]}
    return None


ROWS = (
    Row(
        token="aws:kms/key:Key",
        client="kms",
        source="internal/service/kms/key.go",
        inputs=fields(
            "description enableKeyRotation rotationPeriodInDays policy deletionWindowInDays tags.*"
        ),
        outputs=fields("arn keyId"),
        computed=fields("description policy rotationPeriodInDays"),
        write_only=fields("deletionWindowInDays"),
        same={"policy": same_policy},
        create=create_key,
        read=read_key,
        update=update_key,
        delete=delete_key,
    ),
    Row(
        token="aws:kms/alias:Alias",
        client="kms",
        source="internal/service/kms/alias.go",
        inputs=fields("name targetKeyId"),
        outputs=fields("arn"),
        replaces=fields("name"),
        computed=fields("name"),
        same={"targetKeyId": same_key},
        autoname=Autoname(longest=256, prefix="alias/"),
        create=create_alias,
        read=read_alias,
        update=lambda kms, name, change: kms.update_alias(
            AliasName=name, TargetKeyId=change.new["targetKeyId"]
        ),
        delete=deleting("delete_alias", "AliasName"),
    ),
)
