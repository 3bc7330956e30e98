"""Web ACLs, their associations and logging, and IP sets."""

from ipaddress import ip_interface
from typing import Any

from pulumi_moto.row import Autoname, Change, Client, Props, Row, State, fields
from pulumi_moto.services.equivalence import same_unordered
from pulumi_moto.services.missing import found_or_none, ignore_missing
from pulumi_moto.shapes import Members, from_aws, same_set, tag_dict, tag_list, to_aws

SPELLED = {
    "cloudwatchMetricsEnabled": "CloudWatchMetricsEnabled",
    "ipSetReferenceStatement": "IPSetReferenceStatement",
    "arn": "ARN",
}


def _to_waf(value: Any) -> Any:
    """Return Pulumi's document in WAF's spelling."""
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
    if isinstance(value, bytes):  # of SearchString
        return value.decode()
    return [_from_waf(item) for item in value] if isinstance(value, list) else value


def _params(props: Props) -> Members:
    bodies = {
        body["key"]: {"ContentType": body["contentType"], "Content": body["content"]}
        for body in props.get("customResponseBodies") or []
    }
    return {
        "DefaultAction": to_aws(props["defaultAction"]),
        "Rules": _to_waf(props["rules"]),
        "VisibilityConfig": _to_waf(props["visibilityConfig"]),
        "Description": props.get("description", "Managed by Pulumi"),
        **({"CustomResponseBodies": bodies} if bodies else {}),
    }


def create_acl(waf: Client, props: Props) -> str:
    made = waf.create_web_acl(
        Name=props["name"], Scope=props["scope"], Tags=tag_list(props.get("tags")), **_params(props)
    )
    return str(made["Summary"]["ARN"])


def _key(arn: str) -> dict[str, str]:
    """Return WAF's name, id and scope from an ARN: .../regional/webacl/NAME/ID."""
    scope, _kind, name, physical = arn.split(":", 5)[5].split("/")
    return {"Name": name, "Id": physical, "Scope": "REGIONAL" if scope == "regional" else scope}


def _acl(waf: Client, arn: str) -> Members | None:
    found: Members | None = found_or_none(waf.get_web_acl, **_key(arn))
    return found


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
        "customResponseBodies": [
            {"key": key, "contentType": body["ContentType"], "content": body["Content"]}
            for key, body in (found.get("CustomResponseBodies") or {}).items()
        ],
        "tags": tag_dict(tags),
        "arn": arn,
        "capacity": found.get("Capacity", 0),
    }


def update_acl(waf: Client, arn: str, change: Change) -> None:
    if change.keys - {"tags"}:
        found = _acl(waf, arn)
        assert found is not None
        waf.update_web_acl(**_key(arn), LockToken=found["LockToken"], **_params(change.new))
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
    answer = found_or_none(waf.get_web_acl_for_resource, ResourceArn=resource)
    if answer is None or answer.get("WebACL", {}).get("ARN") != acl:
        return None
    return {"webAclArn": acl, "resourceArn": resource}


def disassociate(waf: Client, physical_id: str, _state: Props) -> None:
    """Disassociate the resource's current web ACL, as the provider does.

    https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/wafv2/web_acl_association.go
    """
    resource = physical_id.split(",")[1]
    ignore_missing(waf.disassociate_web_acl, ResourceArn=resource)


def create_set(waf: Client, props: Props) -> str:
    made = waf.create_ip_set(
        Name=props["name"],
        Scope=props["scope"],
        Description=props.get("description", "Managed by Pulumi"),
        IPAddressVersion=props["ipAddressVersion"],
        Addresses=props["addresses"],
        Tags=tag_list(props.get("tags")),
    )
    return str(made["Summary"]["ARN"])


def read_set(waf: Client, arn: str) -> State | None:
    answer = found_or_none(waf.get_ip_set, **_key(arn))
    if answer is None:
        return None
    found = answer["IPSet"]
    tags = waf.list_tags_for_resource(ResourceARN=arn)["TagInfoForResource"]["TagList"]
    return {
        "name": found["Name"],
        "scope": _key(arn)["Scope"],
        "description": found.get("Description", ""),
        "ipAddressVersion": found["IPAddressVersion"],
        "addresses": found["Addresses"],
        "tags": tag_dict(tags),
        "arn": arn,
    }


def update_set(waf: Client, arn: str, change: Change) -> None:
    if change.keys - {"tags"}:
        token = waf.get_ip_set(**_key(arn))["LockToken"]
        waf.update_ip_set(
            **_key(arn),
            LockToken=token,
            Description=change.new.get("description", "Managed by Pulumi"),
            Addresses=change.new["addresses"],
        )
    if "tags" in change.keys:
        waf.untag_resource(ResourceARN=arn, TagKeys=list(change.old.get("tags") or {}))
        waf.tag_resource(ResourceARN=arn, Tags=tag_list(change.new.get("tags")))


def same_addresses(old: list[str], new: list[str]) -> bool:
    """Compare as sets of blocks, in any spelling of IPv6."""
    try:
        return set(map(ip_interface, old)) == set(map(ip_interface, new))
    except ValueError:  # unknown in a preview
        return False


def delete_set(waf: Client, arn: str, _state: Props) -> None:
    answer = found_or_none(waf.get_ip_set, **_key(arn))
    if answer is not None:
        waf.delete_ip_set(**_key(arn), LockToken=answer["LockToken"])


def _logging(props: Props) -> Members:
    kept = {"LoggingFilter": _to_waf(props["loggingFilter"])} if props.get("loggingFilter") else {}
    return {
        "ResourceArn": props["resourceArn"],
        "LogDestinationConfigs": props["logDestinationConfigs"],
        "RedactedFields": _to_waf(props.get("redactedFields") or []),
        **kept,
    }


def create_logging(waf: Client, props: Props) -> str:
    waf.put_logging_configuration(LoggingConfiguration=_logging(props))
    return str(props["resourceArn"])


def read_logging(waf: Client, acl: str) -> State | None:
    answer = found_or_none(waf.get_logging_configuration, ResourceArn=acl)
    if answer is None:
        return None
    found = answer["LoggingConfiguration"]
    kept = found.get("LoggingFilter")
    return {
        "resourceArn": acl,
        "logDestinationConfigs": found["LogDestinationConfigs"],
        "redactedFields": _from_waf(found.get("RedactedFields", [])),
        **({"loggingFilter": _from_waf(kept)} if kept else {}),
    }


def update_logging(waf: Client, _acl: str, change: Change) -> None:
    waf.put_logging_configuration(LoggingConfiguration=_logging(change.new))


def delete_logging(waf: Client, acl: str, _state: Props) -> None:
    if read_logging(waf, acl) is not None:
        waf.delete_logging_configuration(ResourceArn=acl)


ROWS = (
    Row(
        token="aws:wafv2/webAcl:WebAcl",
        client="wafv2",
        source="internal/service/wafv2/web_acl.go",
        inputs=fields(
            "name scope description defaultAction.* rules.* "
            "customResponseBodies.* visibilityConfig.* tags.*"
        ),
        outputs=fields("arn capacity"),
        replaces=fields("name scope"),
        computed=fields("name"),
        same={"rules": same_set, "customResponseBodies": same_set},
        autoname=Autoname(longest=128),
        create=create_acl,
        read=read_acl,
        update=update_acl,
        delete=delete_acl,
    ),
    Row(
        token="aws:wafv2/webAclAssociation:WebAclAssociation",
        client="wafv2",
        source="internal/service/wafv2/web_acl_association.go",
        inputs=fields("webAclArn resourceArn"),
        replaces=fields("webAclArn resourceArn"),
        create=associate,
        read=read_association,
        delete=disassociate,
    ),
    Row(
        token="aws:wafv2/ipSet:IpSet",
        client="wafv2",
        source="internal/service/wafv2/ip_set.go",
        inputs=fields("name scope description ipAddressVersion addresses.* tags.*"),
        outputs=fields("arn"),
        replaces=fields("name scope ipAddressVersion"),
        computed=fields("name"),
        autoname=Autoname(longest=128),
        same={"addresses": same_addresses},
        create=create_set,
        read=read_set,
        update=update_set,
        delete=delete_set,
    ),
    Row(
        token="aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        client="wafv2",
        source="internal/service/wafv2/web_acl_logging_configuration.go",
        inputs=fields("resourceArn logDestinationConfigs.* redactedFields.* loggingFilter.*"),
        replaces=fields("resourceArn logDestinationConfigs"),
        same={
            "logDestinationConfigs": same_set,
            "redactedFields": same_set,
            "loggingFilter": same_unordered,
        },
        create=create_logging,
        read=read_logging,
        update=update_logging,
        delete=delete_logging,
    ),
)
