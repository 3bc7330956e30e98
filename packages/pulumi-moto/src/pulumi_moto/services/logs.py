"""CloudWatch Logs."""

from pulumi_moto.row import Autoname, Change, Client, Props, Row, State, fields


def create(logs: Client, props: Props) -> str:
    name = str(props["name"])
    key = {"kmsKeyId": props["kmsKeyId"]} if props.get("kmsKeyId") else {}
    logs.create_log_group(logGroupName=name, tags=props.get("tags", {}), **key)
    _set_retention(logs, name, props.get("retentionInDays"))
    return name


def read(logs: Client, name: str) -> State | None:
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    found = next((g for g in groups if g["logGroupName"] == name), None)
    if found is None:
        return None
    arn = found["arn"].removesuffix(":*")
    return {
        "name": name,
        "arn": arn,
        "retentionInDays": found.get("retentionInDays", 0),
        "kmsKeyId": found.get("kmsKeyId", ""),
        "tags": logs.list_tags_for_resource(resourceArn=arn)["tags"],
    }


def update(logs: Client, name: str, change: Change) -> None:
    if "retentionInDays" in change.keys:
        _set_retention(logs, name, change.new.get("retentionInDays"))
    if "kmsKeyId" in change.keys:
        if key := change.new.get("kmsKeyId"):
            logs.associate_kms_key(logGroupName=name, kmsKeyId=key)
        else:
            logs.disassociate_kms_key(logGroupName=name)
    if "tags" in change.keys:
        old, new = change.old.get("tags", {}), change.new.get("tags", {})
        if gone := sorted(set(old) - set(new)):
            logs.untag_log_group(logGroupName=name, tags=gone)
        if new:
            logs.tag_log_group(logGroupName=name, tags=new)


def delete(logs: Client, name: str, _state: Props) -> None:
    try:
        logs.delete_log_group(logGroupName=name)
    except logs.exceptions.ResourceNotFoundException:
        return


def _set_retention(logs: Client, name: str, days: float | None) -> None:
    if days:
        logs.put_retention_policy(logGroupName=name, retentionInDays=int(days))
    else:
        logs.delete_retention_policy(logGroupName=name)


ROWS = (
    Row(
        token="aws:cloudwatch/logGroup:LogGroup",
        client="logs",
        source="internal/service/logs/group.go",
        inputs=fields("name retentionInDays kmsKeyId tags.*"),
        outputs=fields("arn"),
        replaces=fields("name"),
        computed=fields("name"),
        ignored={"skipDestroy": "the account ends with its process"},
        autoname=Autoname(),
        create=create,
        read=read,
        update=update,
        delete=delete,
    ),
)
