"""RDS: tags, alike on whatever has an ARN."""

from emulator.row import Change, Client
from emulator.shapes import tag_list


def retag(rds: Client, arn: str, change: Change) -> None:
    if "tags" not in change.keys:
        return
    old, new = change.old.get("tags") or {}, change.new.get("tags") or {}
    if gone := [key for key in old if key not in new]:
        rds.remove_tags_from_resource(ResourceName=arn, TagKeys=gone)
    if new:
        rds.add_tags_to_resource(ResourceName=arn, Tags=tag_list(new))
