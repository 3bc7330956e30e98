"""Secrets and their versions."""

from pulumi_moto.row import Autoname, Change, Client, Props, Row, State, fields
from pulumi_moto.services.missing import found_or_none
from pulumi_moto.shapes import same_set, tag_dict, tag_list, without_empty

CURRENT = "AWSCURRENT"
LONGEST_WINDOW = 30


def create_secret(client: Client, props: Props) -> str:
    made = client.create_secret(
        Name=props["name"],
        Tags=tag_list(props.get("tags")),
        **without_empty(
            {"Description": props.get("description"), "KmsKeyId": props.get("kmsKeyId")}
        ),
    )
    return str(made["ARN"])


def read_secret(client: Client, arn: str) -> State | None:
    found = found_or_none(client.describe_secret, SecretId=arn)
    if found is None or "DeletedDate" in found:
        return None
    return {
        "name": found["Name"],
        "description": found.get("Description", ""),
        "kmsKeyId": found.get("KmsKeyId", ""),
        "tags": tag_dict(found.get("Tags")),
        "arn": found["ARN"],
    }


def update_secret(client: Client, arn: str, change: Change) -> None:
    if change.keys & {"description", "kmsKeyId"}:
        client.update_secret(
            SecretId=arn,
            Description=change.new.get("description", ""),
            KmsKeyId=change.new.get("kmsKeyId", ""),
        )
    if "tags" in change.keys:
        client.untag_resource(SecretId=arn, TagKeys=list(change.old.get("tags") or {}))
        client.tag_resource(SecretId=arn, Tags=tag_list(change.new.get("tags")))


def delete_secret(client: Client, arn: str, state: Props) -> None:
    """Delete the secret; a window of 0 days releases the name at once."""
    if read_secret(client, arn) is None:
        return
    days = int(state.get("recoveryWindowInDays", LONGEST_WINDOW))
    if days:
        client.delete_secret(SecretId=arn, RecoveryWindowInDays=days)
    else:
        client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


def create_version(client: Client, props: Props) -> str:
    stages = props.get("versionStages") or [CURRENT]
    made = client.put_secret_value(
        SecretId=props["secretId"], SecretString=props["secretString"], VersionStages=stages
    )
    return f"{props['secretId']}|{made['VersionId']}"


def read_version(client: Client, physical_id: str) -> State | None:
    """Read a version by its id, as the AWS provider does; a rotation creates another one."""
    secret, version = physical_id.split("|")
    if read_secret(client, secret) is None:
        return None
    found = found_or_none(client.get_secret_value, SecretId=secret, VersionId=version)
    if found is None:
        return None
    return {
        "secretId": secret,
        "secretString": found["SecretString"],
        "versionStages": found["VersionStages"],
        "arn": found["ARN"],
        "versionId": version,
    }


def update_version(client: Client, physical_id: str, change: Change) -> None:
    secret, version = physical_id.split("|")
    old = set(change.old.get("versionStages") or [])
    new = set(change.new.get("versionStages") or [])
    for stage in new - old:
        client.update_secret_version_stage(
            SecretId=secret, VersionStage=stage, MoveToVersionId=version
        )
    for stage in old - new - {CURRENT}:
        client.update_secret_version_stage(
            SecretId=secret, VersionStage=stage, RemoveFromVersionId=version
        )


def delete_version(client: Client, physical_id: str, _state: Props) -> None:
    """Remove the staging labels, as the provider does: versions can't be deleted."""
    found = read_version(client, physical_id)
    if found is None:
        return
    secret, version = physical_id.split("|")
    for stage in set(found["versionStages"]) - {CURRENT}:
        client.update_secret_version_stage(
            SecretId=secret, VersionStage=stage, RemoveFromVersionId=version
        )


ROWS = (
    Row(
        token="aws:secretsmanager/secret:Secret",
        client="secretsmanager",
        source="internal/service/secretsmanager/secret.go",
        inputs=fields("name description kmsKeyId recoveryWindowInDays tags.*"),
        outputs=fields("arn"),
        replaces=fields("name"),
        computed=fields("name"),
        write_only=fields("recoveryWindowInDays"),
        autoname=Autoname(longest=512),
        create=create_secret,
        read=read_secret,
        update=update_secret,
        delete=delete_secret,
    ),
    Row(
        token="aws:secretsmanager/secretVersion:SecretVersion",
        client="secretsmanager",
        source="internal/service/secretsmanager/secret_version.go",
        inputs=fields("secretId secretString versionStages"),
        outputs=fields("arn versionId"),
        replaces=fields("secretId secretString"),
        computed=fields("versionStages"),
        same={"versionStages": same_set},
        adopts=True,
        create=create_version,
        read=read_version,
        update=update_version,
        delete=delete_version,
    ),
)
