"""Shared parts of listeners and rules: actions and tags."""

from pulumi_moto.row import Change, Client
from pulumi_moto.services.missing import found_or_none
from pulumi_moto.shapes import Members, from_aws, tag_dict, tag_list, to_aws

CONFIGS = {"redirect": "RedirectConfig", "fixedResponse": "FixedResponseConfig"}


def actions_to_aws(actions: list[Members]) -> list[Members]:
    """Return Pulumi's actions in ELB's spelling, numbered in order."""
    return [_to_aws(action, order) for order, action in enumerate(actions, start=1)]


def _to_aws(action: Members, order: int) -> Members:
    made: Members = {"Type": action["type"], "Order": order}
    for name, config in CONFIGS.items():
        if name in action:
            made[config] = to_aws(action[name])
    if forward := action.get("forward"):
        groups = [
            {"TargetGroupArn": group["arn"], "Weight": int(group.get("weight", 1))}
            for group in forward["targetGroups"]
        ]
        made["ForwardConfig"] = {"TargetGroups": groups}
        if stickiness := forward.get("stickiness"):
            made["ForwardConfig"]["TargetGroupStickinessConfig"] = {
                "Enabled": stickiness.get("enabled", False),
                **({"DurationSeconds": int(d)} if (d := stickiness.get("duration")) else {}),
            }
    unknown = set(action) - {"type", "order", "forward", *CONFIGS}
    if unknown:
        raise NotImplementedError(f"an action's {sorted(unknown)} is not emulated")
    return made


REDIRECT_DEFAULTS = {
    "host": "#{host}",
    "path": "/#{path}",
    "port": "#{port}",
    "protocol": "#{protocol}",
    "query": "#{query}",
}
REDIRECT = ("host", "path", "query")
"""Fields that ELB fills in with #{host} and so on if the program omits them."""


def actions_from_aws(actions: list[Members]) -> list[Members]:
    """Return ELB's actions in Pulumi's spelling; a plain target group reads as a forward to it."""
    return [_from_aws(action) for action in actions]


def _from_aws(action: Members) -> Members:
    made: Members = {"type": action["Type"]}
    for name, config in CONFIGS.items():
        if config in action:
            found = from_aws(action[config])
            made[name] = {
                key: value
                for key, value in found.items()
                if value and not (key in REDIRECT and "#{" in str(value))
            }
    groups = (action.get("ForwardConfig") or {}).get("TargetGroups")
    if groups:
        made["forward"] = {
            "targetGroups": [
                {"arn": group["TargetGroupArn"], "weight": int(group.get("Weight", 1))}
                for group in groups
            ]
        }
        sticky = action["ForwardConfig"].get("TargetGroupStickinessConfig") or {}
        if sticky.get("Enabled"):
            made["forward"]["stickiness"] = {
                "enabled": True,
                "duration": int(sticky["DurationSeconds"]),
            }
    elif "TargetGroupArn" in action:
        made["forward"] = {"targetGroups": [{"arn": action["TargetGroupArn"], "weight": 1}]}
    return made


def same_actions(old: list[Members], new: list[Members]) -> bool:
    """Compare actions as the provider does.

    Target groups are a set with a default weight of 1, removed stickiness stays, and a redirect
    keeps fields that it omits
    (`SuppressMissingOptionalConfigurationBlock` and `Default`, internal/service/elbv2/listener.go).
    """
    if len(old) != len(new):
        return False
    return all(_plain(was, now) == _plain(now, now) for was, now in zip(old, new, strict=True))


def _plain(action: Members, params: Members) -> Members:
    made = {key: value for key, value in action.items() if key != "order" or "order" in params}
    if forward := action.get("forward"):
        groups = {group["arn"]: int(group.get("weight", 1)) for group in forward["targetGroups"]}
        made["forward"] = {"groups": groups}
        if "stickiness" in (params.get("forward") or {}):
            sticky = forward.get("stickiness") or {}
            made["forward"]["stickiness"] = {"enabled": False, **sticky}
    if redirect := action.get("redirect"):
        made["redirect"] = {**REDIRECT_DEFAULTS, **redirect}
    return made


def tags_of(elb: Client, arn: str) -> dict[str, str]:
    """Return the tags of an ELB resource."""
    answer = found_or_none(elb.describe_tags, ResourceArns=[arn])
    return tag_dict(answer["TagDescriptions"][0]["Tags"]) if answer else {}


def retag(elb: Client, arn: str, change: Change) -> None:
    """Apply a change of the tags."""
    if "tags" not in change.keys:
        return
    old, new = change.old.get("tags") or {}, change.new.get("tags") or {}
    if gone := [key for key in old if key not in new]:
        elb.remove_tags(ResourceArns=[arn], TagKeys=gone)
    if new:
        elb.add_tags(ResourceArns=[arn], Tags=tag_list(new))
