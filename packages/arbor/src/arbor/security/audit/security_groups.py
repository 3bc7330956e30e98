"""audit security-groups: rules from and to the internet."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from arbor.account import Account, both, together
from arbor.cache import group as cache_group
from arbor.check import Check
from arbor.database import instance
from arbor.security.audit import load_balancer

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import SecurityGroupRuleTypeDef, SecurityGroupTypeDef

INTERNET = frozenset({"0.0.0.0/0", "::/0"})
PUBLIC_PORTS = frozenset({80, 443})
"""Allowed on the load balancer only."""
DEFAULT = "default"
"""The name of a VPC's default group, reserved by EC2."""
FILTER_VALUES = 200
"""EC2's limit of values in one filter."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """A security group, its rules, and the resources that use it."""

    id: str
    name: str
    rules: "tuple[SecurityGroupRuleTypeDef, ...]"
    is_load_balancers: bool
    store: str
    """`the database` or `the cache`, which need no egress; empty for other groups."""

    def finding(self, rule: "SecurityGroupRuleTypeDef") -> str:
        """Why the rule is a finding; empty if it isn't."""
        is_internet = source(rule) in INTERNET
        if self.name == DEFAULT:
            return "the default group must have no rules"
        if rule["IsEgress"]:
            return f"{self.store} must have no egress" if is_internet and self.store else ""
        if not is_internet or (self.is_load_balancers and _is_public(rule)):
            return ""
        return "only ports 80 and 443 of the load balancer may be open to the internet"


def audit(account: Account) -> list[Check]:
    """Checks of every group in the stack's VPC. Raises Refused if the stack doesn't exist."""
    balancer = load_balancer.find(account)
    found, (database, cache) = both(
        partial(_groups, account, balancer.vpc),
        lambda: together(partial(_of_database, account), partial(_of_cache, account)),
    )
    stores = {"the database": database, "the cache": cache}
    rules = _rules(account, [one["GroupId"] for one in found])
    checks = [
        Check(status="SKIP", name=what, message="doesn't exist, so its groups are unknown")
        for what, ids in stores.items()
        if not ids
    ]
    for one in sorted(found, key=lambda one: (str(one["GroupName"]), str(one["GroupId"]))):
        group = Group(
            id=one["GroupId"],
            name=one["GroupName"],
            rules=tuple(rule for rule in rules if rule["GroupId"] == one["GroupId"]),
            is_load_balancers=one["GroupId"] in balancer.security_groups,
            store=" and ".join(what for what, ids in stores.items() if one["GroupId"] in ids),
        )
        checks += _checks(group)
    return checks


def _checks(group: Group) -> Iterator[Check]:
    what = f"{group.name} ({group.id})"
    findings = [(rule, why) for rule in group.rules if (why := group.finding(rule))]
    for rule, why in findings:
        yield _finding(what, group, rule, why)
    if not findings:
        yield Check(
            status="OK",
            name=what,
            message=f"rules: {len(group.rules)}{_open(group)}",
            details={"group_id": group.id, "group_name": group.name},
        )


def _open(group: Group) -> str:
    ports = [
        port(rule) for rule in group.rules if not rule["IsEgress"] and source(rule) in INTERNET
    ]
    if not ports:
        return ", none open to the internet"
    return f", {' and '.join(sorted(set(ports)))} open to the internet"


def _finding(what: str, group: Group, rule: "SecurityGroupRuleTypeDef", why: str) -> Check:
    rule_id, direction = rule["SecurityGroupRuleId"], "egress" if rule["IsEgress"] else "ingress"
    tags = {tag["Key"]: tag["Value"] for tag in rule.get("Tags", [])}
    end = f"{'to' if rule['IsEgress'] else 'from'} {source(rule)}"
    managed = " Pulumi created the rule: remove it from the program, too."
    return Check(
        status="NG",
        name=what,
        message=f"{rule_id} {end}: {port(rule)}; {why}."
        + (managed if tags.get("ManagedBy") == "pulumi" else ""),
        shown_by=f"aws ec2 describe-security-group-rules --security-group-rule-ids {rule_id}",
        remedy=f"aws ec2 revoke-security-group-{direction} --group-id {group.id} "
        f"--security-group-rule-ids {rule_id}",
        details={
            "group_id": group.id,
            "group_name": group.name,
            "rule_id": rule_id,
            "direction": direction,
            "port": port(rule),
            "source": source(rule),
        },
    )


def source(rule: "SecurityGroupRuleTypeDef") -> str:
    """A rule's CIDR block, prefix list or referenced group."""
    other = rule.get("ReferencedGroupInfo", {}).get("GroupId", "")
    return str(rule.get("CidrIpv4") or rule.get("CidrIpv6") or rule.get("PrefixListId") or other)


def port(rule: "SecurityGroupRuleTypeDef") -> str:
    """`tcp 443`, `tcp 20-25`, `all traffic`."""
    protocol = rule["IpProtocol"]
    first, last = rule.get("FromPort", -1), rule.get("ToPort", -1)
    if protocol == "-1":
        return "all traffic"
    if first == -1:
        return f"{protocol}, all types"
    return f"{protocol} {first}" if first == last else f"{protocol} {first}-{last}"


def _is_public(rule: "SecurityGroupRuleTypeDef") -> bool:
    ends = {rule.get("FromPort"), rule.get("ToPort")}
    return rule["IpProtocol"] == "tcp" and len(ends) == 1 and ends <= PUBLIC_PORTS


def _groups(account: Account, vpc: str) -> "list[SecurityGroupTypeDef]":
    pages = account.client("ec2").get_paginator("describe_security_groups")
    found = pages.paginate(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    return [one for page in found for one in page["SecurityGroups"]]


def _rules(account: Account, groups: list[str]) -> "list[SecurityGroupRuleTypeDef]":
    """One rule per CIDR block, each with the id to revoke it."""
    pages = account.client("ec2").get_paginator("describe_security_group_rules")
    return [
        rule
        for at in range(0, len(groups), FILTER_VALUES)
        for page in pages.paginate(
            Filters=[{"Name": "group-id", "Values": groups[at : at + FILTER_VALUES]}]
        )
        for rule in page["SecurityGroupRules"]
    ]


def _of_database(account: Account) -> list[str]:
    found = instance.find(account)
    return [group["VpcSecurityGroupId"] for group in found["VpcSecurityGroups"]] if found else []


def _of_cache(account: Account) -> list[str]:
    cache, found = account.client("elasticache"), cache_group.find(account)
    return [
        group["SecurityGroupId"]
        for node in (found["MemberClusters"] if found else [])
        for member in cache.describe_cache_clusters(CacheClusterId=node)["CacheClusters"]
        for group in member.get("SecurityGroups", [])
    ]
