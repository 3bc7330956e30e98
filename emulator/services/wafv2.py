"""Web ACLs and what they protect."""

from functools import partial
from typing import Any

from emulator.row import Autoname, Change, Client, Props, Row, State, only_replaced
from emulator.services.missing import found_or_none
from emulator.shapes import from_aws, tag_dict, tag_list, to_aws

SPELLED = {"cloudwatchMetricsEnabled": "CloudWatchMetricsEnabled"}


def _to_waf(value: Any) -> Any:
    """Pulumi's document in WAF's spelling; a statement's inner lists stay as they are."""
    if isinstance(value, dict):
        return {
            SPELLED.get(key, key[:1].upper() + key[1:]): _to_waf(item)
            for key, item in value.items()
        }
    return [_to_waf(item) for item in value] if isinstance(value, list) else value


def _from_waf(value: Any) -> Any:
    back = {aws: pulumi for pulumi, aws in SPELLED.items()}
    if isinstance(value, dict):
        return {
            back.get(key, key[:1].lower() + key[1:]): _from_waf(item) for key, item in value.items()
        }
    return [_from_waf(item) for item in value] if isinstance(value, list) else value


def _asked(props: Props) -> dict[str, Any]:
    return {
        "DefaultAction": to_aws(props["defaultAction"]),
        "Rules": _to_waf(props["rules"]),
        "VisibilityConfig": _to_waf(props["visibilityConfig"]),
        "Description": props.get("description", "Managed by Pulumi"),
    }


def create_acl(waf: Client, props: Props) -> str:
    made = waf.create_web_acl(
        Name=props["name"], Scope=props["scope"], Tags=tag_list(props.get("tags")), **_asked(props)
    )
    return str(made["Summary"]["ARN"])


def _key(arn: str) -> dict[str, str]:
    """Name, id and scope, as WAF asks for them: .../regional/webacl/NAME/ID."""
    scope, _kind, name, physical = arn.split(":", 5)[5].split("/")
    return {"Name": name, "Id": physical, "Scope": "REGIONAL" if scope == "regional" else scope}


def _acl(waf: Client, arn: str) -> dict[str, Any] | None:
    return found_or_none(partial(waf.get_web_acl, **_key(arn)))


def read_acl(waf: Client, arn: str) -> State | None:
    answer = _acl(waf, arn)
    if answer is None:
        return None
    found = answer["WebACL"]
    tags = waf.list_tags_for_resource(ResourceARN=arn)["TagInfoForResource"]["TagList"]
    return {
        "name": found["Name"],
        "scope": _key(arn)["Scope"],
        "defaultAction": from_aws(found["DefaultAction"]),
        "rules": _from_waf(found["Rules"]),
        "visibilityConfig": _from_waf(found["VisibilityConfig"]),
        "description": found.get("Description", ""),
        "tags": tag_dict(tags),
        "arn": arn,
        "capacity": found.get("Capacity", 0),
    }


def update_acl(waf: Client, arn: str, change: Change) -> None:
    if change.keys - {"tags"}:
        found = _acl(waf, arn)
        assert found is not None
        waf.update_web_acl(**_key(arn), LockToken=found["LockToken"], **_asked(change.new))
    if "tags" in change.keys:
        waf.untag_resource(ResourceARN=arn, TagKeys=list(change.old.get("tags") or {}))
        waf.tag_resource(ResourceARN=arn, Tags=tag_list(change.new.get("tags")))


def delete_acl(waf: Client, arn: str, _state: Props) -> None:
    found = _acl(waf, arn)
    if found is not None:
        waf.delete_web_acl(**_key(arn), LockToken=found["LockToken"])


def associate(waf: Client, props: Props) -> str:
    waf.associate_web_acl(WebACLArn=props["webAclArn"], ResourceArn=props["resourceArn"])
    return f"{props['webAclArn']},{props['resourceArn']}"


def read_association(waf: Client, physical_id: str) -> State | None:
    acl, resource = physical_id.split(",")
    answer = found_or_none(partial(waf.get_web_acl_for_resource, ResourceArn=resource))
    if answer is None or answer.get("WebACL", {}).get("ARN") != acl:
        return None
    return {"webAclArn": acl, "resourceArn": resource}


def disassociate(waf: Client, physical_id: str, _state: Props) -> None:
    if read_association(waf, physical_id) is not None:
        waf.disassociate_web_acl(ResourceArn=physical_id.split(",")[1])


ROWS = (
    Row(
        token="aws:wafv2/webAcl:WebAcl",
        client="wafv2",
        inputs=frozenset(
            {
                "name",
                "scope",
                "description",
                "defaultAction.*",
                "rules.*",
                "visibilityConfig.*",
                "tags.*",
            }
        ),
        outputs=frozenset({"arn", "capacity"}),
        replaces=frozenset({"name", "scope"}),
        autoname=Autoname(longest=128),
        create=create_acl,
        read=read_acl,
        update=update_acl,
        delete=delete_acl,
    ),
    Row(
        token="aws:wafv2/webAclAssociation:WebAclAssociation",
        client="wafv2",
        inputs=frozenset({"webAclArn", "resourceArn"}),
        replaces=frozenset({"webAclArn", "resourceArn"}),
        create=associate,
        read=read_association,
        update=only_replaced,
        delete=disassociate,
    ),
)
