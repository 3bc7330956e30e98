"""Shared parts of EC2's rows: reads, ARNs, and tags, which have one pair of calls for all types."""

from pulumi_moto.row import Change, Client, Props
from pulumi_moto.shapes import tag_list


def specification(kind: str, props: Props) -> dict[str, object]:
    """Return the TagSpecifications argument of an EC2 create call."""
    tags = tag_list(props.get("tags"))
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}


def retag(ec2: Client, physical_id: str, change: Change) -> None:
    """Apply a change of the tags."""
    if "tags" not in change.keys:
        return
    old, new = change.old.get("tags") or {}, change.new.get("tags") or {}
    if gone := [{"Key": key} for key in old if key not in new]:
        ec2.delete_tags(Resources=[physical_id], Tags=gone)
    if new:
        ec2.create_tags(Resources=[physical_id], Tags=tag_list(new))


def arn_of(ec2: Client, owner: str, kind: str, physical_id: str) -> str:
    """Return the ARN of a resource that EC2 describes by its id alone."""
    return f"arn:aws:ec2:{ec2.meta.region_name}:{owner}:{kind}/{physical_id}"
