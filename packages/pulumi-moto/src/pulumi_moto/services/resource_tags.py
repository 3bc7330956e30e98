"""Tags of RDS and ElastiCache, which share the calls."""

from pulumi_moto.row import Change, Client
from pulumi_moto.shapes import tag_list


def retag(client: Client, arn: str, change: Change) -> None:
    if "tags" not in change.keys:
        return
    old, new = change.old.get("tags") or {}, change.new.get("tags") or {}
    if gone := [key for key in old if key not in new]:
        client.remove_tags_from_resource(ResourceName=arn, TagKeys=gone)
    if new:
        client.add_tags_to_resource(ResourceName=arn, Tags=tag_list(new))
