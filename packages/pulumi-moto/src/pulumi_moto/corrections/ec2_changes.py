"""EC2: in-place changes that moto drops or refuses."""

from moto.core.responses import ActionResult
from moto.ec2.exceptions import (
    InvalidParameterValueError,
    InvalidSecurityGroupNotFoundError,
    InvalidSecurityGroupRuleIdNotFoundError,
)
from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses.vpcs import VPCs

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.shapes import Members

SOURCES = {
    "CidrIpv4": "an IPv4 address",
    "CidrIpv6": "an IPv6 address",
    "PrefixListId": "a prefix list",
    "ReferencedGroupId": "a security group",
}
PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "all": "-1"}
EVERY_PROTOCOL = "-1"


@corrects(
    VPCs,
    call="ec2.modify_vpc_endpoint (PrivateDnsEnabled)",
    moto="drops it",
    aws="changes it on an interface endpoint; refuses it on others",
)
def modify_vpc_endpoint(original: Replacement, self: VPCs) -> ActionResult:
    params = self._get_param("PrivateDnsEnabled")
    if params is not None:
        name = self._get_param("VpcEndpointId")
        endpoint = self.ec2_backend.describe_vpc_endpoints(vpc_end_point_ids=[name])[0]
        if str(endpoint.vpc_endpoint_type).lower() != "interface":
            raise InvalidParameterValueError(
                f"Private DNS can't be set on {name}, which is no interface endpoint."
            )
        endpoint.private_dns_enabled = str(params).lower() == "true"
    answer: ActionResult = original(self)
    return answer


def _source(rule: SecurityGroupRule) -> str:
    if rule.source_group:
        return "ReferencedGroupId"
    if rule.prefix_list_id:
        return "PrefixListId"
    return "CidrIpv6" if "CidrIpv6" in rule.ip_range else "CidrIpv4"


def _change(rule: SecurityGroupRule, params: Members) -> None:
    named = [name for name in SOURCES if params.get(name)]
    if named != [_source(rule)]:
        raise InvalidParameterValueError(
            f"Invalid rule type for security group rule '{rule.id}'. It names "
            f"{SOURCES[_source(rule)]}, and a change can't name anything else."
        )
    protocol = str(params.get("IpProtocol", "")).lower()
    rule.ip_protocol = PROTOCOLS.get(protocol, protocol)
    ports = [params.get(name) for name in ("FromPort", "ToPort")]
    if rule.ip_protocol == EVERY_PROTOCOL:
        rule.from_port = rule.to_port = None
    elif None in ports:
        raise InvalidParameterValueError(
            "Invalid value for portRange. Must specify both from and to ports with TCP/UDP."
        )
    else:
        rule.from_port, rule.to_port = (int(str(port)) for port in ports)
    value = params[named[0]]
    if named == ["ReferencedGroupId"]:
        rule.source_group = {**rule.source_group, "GroupId": value}
    elif named == ["PrefixListId"]:
        rule.prefix_list_id = value
    else:
        rule.ip_range["CidrIpv6" if named == ["CidrIpv6"] else "CidrIp"] = value
    if params.get("Description") is not None:
        rule.ip_range["Description"] = params["Description"]


@corrects(
    EC2Backend,
    moto="ignores a change of the referenced group; requires ports of a rule for all protocols",
    aws="changes the source for another of its kind; requires ports for TCP and UDP only",
)
def modify_security_group_rules(
    original: Replacement, self: EC2Backend, group_id: str, rules: dict[str, Members]
) -> None:
    group = self.get_security_group_by_name_or_id(group_id)
    if group is None:
        raise InvalidSecurityGroupNotFoundError(group_id)
    for name, params in rules.items():
        rule = group.get_rule(name)
        if rule is None:
            raise InvalidSecurityGroupRuleIdNotFoundError(name)
        _change(rule, params)
