"""Shared parts of ECS's rows: tags with lower-case keys, names and ARNs, strategies."""

from collections.abc import Mapping

from pulumi_moto.row import Change, Client, Props
from pulumi_moto.shapes import Members


def ecs_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def plain_tags(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in tags}


def retag(ecs: Client, arn: str, change: Change) -> None:
    """Apply a change of the tags."""
    if "tags" not in change.keys:
        return
    old, new = change.old.get("tags", {}), change.new.get("tags", {})
    if gone := sorted(set(old) - set(new)):
        ecs.untag_resource(resourceArn=arn, tagKeys=gone)
    if new:
        ecs.tag_resource(resourceArn=arn, tags=ecs_tags(new))


def same_name(old: str, new: str) -> bool:
    """Compare a name with an ARN as equal, as the provider does."""
    return old.rsplit("/", 1)[-1] == new.rsplit("/", 1)[-1]


def strategy_items(items: list[Props]) -> list[Members]:
    """Return a capacity provider strategy with AWS's default of 0."""
    return [
        {
            "capacityProvider": item["capacityProvider"],
            "weight": int(item.get("weight", 0)),
            "base": int(item.get("base", 0)),
        }
        for item in items
    ]


def same_strategy(old: list[Props], new: list[Props]) -> bool:
    return sorted(strategy_items(old), key=repr) == sorted(strategy_items(new), key=repr)
