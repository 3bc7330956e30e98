"""Security groups and their standalone rules."""

from functools import partial

from pulumi_moto.row import Autoname, Change, Client, Props, Row, State, fields
from pulumi_moto.services.ec2_shapes import retag, specification
from pulumi_moto.services.missing import deleting, first, found_or_none
from pulumi_moto.shapes import Members, tag_dict


def create_group(ec2: Client, props: Props) -> str:
    made = ec2.create_security_group(
        GroupName=props["name"],
        Description=props.get("description", "Managed by Pulumi"),
        VpcId=props["vpcId"],
        **specification("security-group", props),
    )
    group = str(made["GroupId"])
    _empty(ec2, group)  # the provider removes AWS's default egress rule
    return group


def _empty(ec2: Client, group: str) -> None:
    found = _group(ec2, group)
    if found is None:
        return
    if rules := found["IpPermissionsEgress"]:
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=rules)
    if rules := found["IpPermissions"]:
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rules)


def _group(ec2: Client, group: str) -> Members | None:
    answer = found_or_none(ec2.describe_security_groups, GroupIds=[group])
    return answer["SecurityGroups"][0] if answer and answer["SecurityGroups"] else None


def _group_arn(ec2: Client, found: Members) -> str:
    region = ec2.meta.region_name
    return f"arn:aws:ec2:{region}:{found['OwnerId']}:security-group/{found['GroupId']}"


def read_group(ec2: Client, group: str) -> State | None:
    found = _group(ec2, group)
    if found is None:
        return None
    return {
        "name": found["GroupName"],
        "description": found["Description"],
        "vpcId": found["VpcId"],
        "tags": tag_dict(found.get("Tags")),
        "arn": _group_arn(ec2, found),
    }


def adopt_default(ec2: Client, props: Props) -> str:
    """Adopt the VPC's default group and remove its rules, as the provider does."""
    found = ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [props["vpcId"]]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"][0]["GroupId"]
    _empty(ec2, found)
    retag(ec2, found, Change(old={}, new=props, keys=frozenset({"tags"})))
    return str(found)


def read_default(ec2: Client, group: str) -> State | None:
    found = _group(ec2, group)
    if found is None:
        return None
    return {
        "vpcId": found["VpcId"],
        # Only a group without rules is emulated; a rule that was added shows as a difference.
        "ingress": [_flat(rule) for rule in found["IpPermissions"]],
        "egress": [_flat(rule) for rule in found["IpPermissionsEgress"]],
        "tags": tag_dict(found.get("Tags")),
        "arn": _group_arn(ec2, found),
    }


def _flat(rule: Members) -> Members:
    return {
        "protocol": rule["IpProtocol"],
        "fromPort": rule.get("FromPort", 0),
        "toPort": rule.get("ToPort", 0),
        "cidrBlocks": [block["CidrIp"] for block in rule.get("IpRanges", [])],
    }


def update_default(ec2: Client, group: str, change: Change) -> None:
    for direction in ("ingress", "egress"):
        if change.new.get(direction):
            raise NotImplementedError(f"{group}: a default group with {direction} rules")
    _empty(ec2, group)
    retag(ec2, group, change)


SOURCES = ("cidrIpv4", "referencedSecurityGroupId")
PORTS = {"fromPort": "FromPort", "toPort": "ToPort"}
RULE = {
    "ipProtocol": "IpProtocol",
    "cidrIpv4": "CidrIpv4",
    "referencedSecurityGroupId": "ReferencedGroupId",
}
NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp", "all": "-1"}
"""Protocol numbers that EC2 returns by name."""
RULE_INPUTS = fields("securityGroupId ipProtocol fromPort toPort tags.*") | {*SOURCES}


def _permission(props: Props) -> list[Members]:
    permission: Members = {"IpProtocol": props["ipProtocol"]}
    if "fromPort" in props:
        permission |= {"FromPort": int(props["fromPort"]), "ToPort": int(props["toPort"])}
    if block := props.get("cidrIpv4"):
        permission["IpRanges"] = [{"CidrIp": block}]
    if group := props.get("referencedSecurityGroupId"):
        permission["UserIdGroupPairs"] = [{"GroupId": group}]
    return [permission]


def create_rule(direction: str, ec2: Client, props: Props) -> str:
    authorize = getattr(ec2, f"authorize_security_group_{direction}")
    made = authorize(
        GroupId=props["securityGroupId"],
        IpPermissions=_permission(props),
        **specification("security-group-rule", props),
    )
    return str(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def read_rule(ec2: Client, rule: str) -> State | None:
    found = first(
        ec2.describe_security_group_rules, "SecurityGroupRules", SecurityGroupRuleIds=[rule]
    )
    if found is None:
        return None
    state: State = {
        "securityGroupId": found["GroupId"],
        "ipProtocol": found["IpProtocol"],
        "tags": tag_dict(found.get("Tags")),
        "arn": _rule_arn(ec2, found),
    }
    if "CidrIpv4" in found:
        state["cidrIpv4"] = found["CidrIpv4"]
    if "ReferencedGroupInfo" in found:
        state["referencedSecurityGroupId"] = found["ReferencedGroupInfo"]["GroupId"]
    if found.get("FromPort", -1) >= 0:
        state |= {"fromPort": found["FromPort"], "toPort": found["ToPort"]}
    return state


def another_kind(state: Props, new: Props) -> bool:
    """Return whether the source's kind changes: EC2 replaces an address by a group only anew."""
    return {name for name in SOURCES if state.get(name)} != {
        name for name in SOURCES if new.get(name)
    }


def same_protocol(old: str, new: str) -> bool:
    """Compare protocols by name or number."""
    return NUMBERS.get(str(old), str(old)) == NUMBERS.get(str(new), str(new))


def update_rule(ec2: Client, rule: str, change: Change) -> None:
    new = change.new
    if change.keys - {"tags"}:
        params = {aws: new[name] for name, aws in RULE.items() if new.get(name) is not None}
        ports = {aws: int(new[name]) for name, aws in PORTS.items() if name in new}
        ec2.modify_security_group_rules(
            GroupId=new["securityGroupId"],
            SecurityGroupRules=[
                {"SecurityGroupRuleId": rule, "SecurityGroupRule": {**params, **ports}}
            ],
        )
    retag(ec2, rule, change)


def _rule_arn(ec2: Client, found: Members) -> str:
    owner, region = found.get("GroupOwnerId", ""), ec2.meta.region_name
    return f"arn:aws:ec2:{region}:{owner}:security-group-rule/{found['SecurityGroupRuleId']}"


def delete_rule(direction: str, ec2: Client, rule: str, _state: Props) -> None:
    found = read_rule(ec2, rule)
    if found is not None:
        revoke = getattr(ec2, f"revoke_security_group_{direction}")
        revoke(GroupId=found["securityGroupId"], SecurityGroupRuleIds=[rule])


def _rule_row(direction: str) -> Row:
    kind = f"SecurityGroup{direction.capitalize()}Rule"
    return Row(
        token=f"aws:vpc/securityGroup{direction.capitalize()}Rule:{kind}",
        client="ec2",
        inputs=RULE_INPUTS,
        outputs=fields("arn"),
        source=f"internal/service/ec2/vpc_security_group_{direction}_rule.go",
        replaces=fields("securityGroupId"),
        replaces_if=dict.fromkeys(SOURCES, another_kind),
        same={"ipProtocol": same_protocol},
        create=partial(create_rule, direction),
        read=read_rule,
        update=update_rule,
        delete=partial(delete_rule, direction),
    )


ROWS = (
    Row(
        token="aws:ec2/securityGroup:SecurityGroup",
        client="ec2",
        source="internal/service/ec2/vpc_security_group.go",
        inputs=fields("name description vpcId tags.*"),
        outputs=fields("arn"),
        replaces=fields("name description vpcId"),
        computed=fields("name vpcId"),
        autoname=Autoname(),
        create=create_group,
        read=read_group,
        update=retag,
        delete=deleting("delete_security_group", "GroupId"),
    ),
    Row(
        token="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        client="ec2",
        source="internal/service/ec2/vpc_default_security_group.go",
        inputs=fields("vpcId ingress egress tags.*"),
        outputs=fields("arn"),
        replaces=fields("vpcId"),
        computed=fields("vpcId ingress egress"),
        adopts=True,
        create=adopt_default,
        read=read_default,
        update=update_default,
        delete=lambda _ec2, _group, _state: None,
    ),
    _rule_row("ingress"),
    _rule_row("egress"),
)
