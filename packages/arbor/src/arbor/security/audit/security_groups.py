"""audit security-groups: what the internet may reach, and what may reach the internet."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from arbor.account import Account, both, together
from arbor.security.audit import door as doors
from arbor.security.audit.line import Line
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import SecurityGroupRuleTypeDef, SecurityGroupTypeDef

WORLD = frozenset({"0.0.0.0/0", "::/0"})
PUBLIC_PORTS = frozenset({80, 443})
"""Of the load balancer, and of nothing else."""
DEFAULT = "default"
"""A network's own group: no other may have the name."""
MOST = 200
"""Values of one filter; EC2 takes no more."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """A security group, its rules, and who uses it of those that are told apart."""

    id: str
    name: str
    rules: "tuple[SecurityGroupRuleTypeDef, ...]"
    balancer: bool
    data: str
    """`the database` or `the cache`: what is to open no connection; nothing otherwise."""

    def wrong(self, rule: "SecurityGroupRuleTypeDef") -> str:
        """Why a rule is a finding; nothing when it isn't."""
        world = source(rule) in WORLD
        if self.name == DEFAULT:
            return "the default group is to have no rule"
        if rule["IsEgress"]:
            return f"{self.data} is to open no connection" if world and self.data else ""
        if not world or (self.balancer and _is_public(rule)):
            return ""
        return "only the load balancer's 80 and 443 are for everybody"


def audit(account: Account) -> list[Line]:
    """Every group of the stack's network. Raises Refused where there is no such stack."""
    door = doors.find(account)
    found, (database, cache) = both(
        partial(_groups, account, door.vpc),
        lambda: together(partial(_of_database, account), partial(_of_cache, account)),
    )
    users = {"the database": database, "the cache": cache}
    rules = _rules(account, [one["GroupId"] for one in found])
    lines = [
        Line(verdict="SKIP", what=what, says="it doesn't exist, so no group is known to be its own")
        for what, ids in users.items()
        if not ids
    ]
    for one in sorted(found, key=lambda one: (str(one["GroupName"]), str(one["GroupId"]))):
        group = Group(
            id=one["GroupId"],
            name=one["GroupName"],
            rules=tuple(rule for rule in rules if rule["GroupId"] == one["GroupId"]),
            balancer=one["GroupId"] in door.groups,
            data=" and ".join(what for what, ids in users.items() if one["GroupId"] in ids),
        )
        lines += _lines(group)
    return lines


def _lines(group: Group) -> Iterator[Line]:
    what = f"{group.name} ({group.id})"
    wrong = [(rule, why) for rule in group.rules if (why := group.wrong(rule))]
    for rule, why in wrong:
        yield _finding(what, group, rule, why)
    if not wrong:
        yield Line(
            verdict="OK",
            what=what,
            says=f"rules: {len(group.rules)}{_open(group)}",
            about={"group_id": group.id, "group_name": group.name},
        )


def _open(group: Group) -> str:
    ports = [port(rule) for rule in group.rules if not rule["IsEgress"] and source(rule) in WORLD]
    if not ports:
        return ", none for the whole internet"
    return f", the load balancer's {' and '.join(sorted(set(ports)))} for everybody"


def _finding(what: str, group: Group, rule: "SecurityGroupRuleTypeDef", why: str) -> Line:
    number, way = rule["SecurityGroupRuleId"], "egress" if rule["IsEgress"] else "ingress"
    tags = {tag["Key"]: tag["Value"] for tag in rule.get("Tags", [])}
    ours = " `pulumi up` made the rule: take it out of the program, too."
    return Line(
        verdict="NG",
        what=what,
        says=f"{number} {'to' if rule['IsEgress'] else 'from'} {source(rule)}: {port(rule)}; {why}."
        + (ours if tags.get("ManagedBy") == "pulumi" else ""),
        look=f"aws ec2 describe-security-group-rules --security-group-rule-ids {number}",
        mend=f"aws ec2 revoke-security-group-{way} --group-id {group.id} "
        f"--security-group-rule-ids {number}",
        about={
            "group_id": group.id,
            "group_name": group.name,
            "rule_id": number,
            "direction": way,
            "port": port(rule),
            "source": source(rule),
        },
    )


def source(rule: "SecurityGroupRuleTypeDef") -> str:
    """The other end of a rule: a block of addresses, a prefix list or another group."""
    other = rule.get("ReferencedGroupInfo", {}).get("GroupId", "")
    return str(rule.get("CidrIpv4") or rule.get("CidrIpv6") or rule.get("PrefixListId") or other)


def port(rule: "SecurityGroupRuleTypeDef") -> str:
    """`tcp 443`, `tcp 20-25`, `every port`."""
    protocol = rule["IpProtocol"]
    first, last = rule.get("FromPort", -1), rule.get("ToPort", -1)
    if protocol == "-1":
        return "every port"
    if first == -1:
        return f"{protocol}, all of it"
    return f"{protocol} {first}" if first == last else f"{protocol} {first}-{last}"


def _is_public(rule: "SecurityGroupRuleTypeDef") -> bool:
    ends = {rule.get("FromPort"), rule.get("ToPort")}
    return rule["IpProtocol"] == "tcp" and len(ends) == 1 and ends <= PUBLIC_PORTS


def _groups(account: Account, vpc: str) -> "list[SecurityGroupTypeDef]":
    pages = account.client("ec2").get_paginator("describe_security_groups")
    found = pages.paginate(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    return [one for page in found for one in page["SecurityGroups"]]


def _rules(account: Account, groups: list[str]) -> "list[SecurityGroupRuleTypeDef]":
    """Each block of addresses is a rule of its own here, with the id that revokes it."""
    pages = account.client("ec2").get_paginator("describe_security_group_rules")
    return [
        rule
        for at in range(0, len(groups), MOST)
        for page in pages.paginate(Filters=[{"Name": "group-id", "Values": groups[at : at + MOST]}])
        for rule in page["SecurityGroupRules"]
    ]


def _of_database(account: Account) -> list[str]:
    rds, name = account.client("rds"), naming.database_instance(account.stack)
    try:
        found = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    except rds.exceptions.DBInstanceNotFoundFault:
        return []
    return [group["VpcSecurityGroupId"] for one in found for group in one["VpcSecurityGroups"]]


def _of_cache(account: Account) -> list[str]:
    cache, name = account.client("elasticache"), naming.cache_replication_group(account.stack)
    try:
        found = cache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"]
    except cache.exceptions.ReplicationGroupNotFoundFault:
        return []
    return [
        group["SecurityGroupId"]
        for one in found
        for node in one["MemberClusters"]
        for member in cache.describe_cache_clusters(CacheClusterId=node)["CacheClusters"]
        for group in member.get("SecurityGroups", [])
    ]
