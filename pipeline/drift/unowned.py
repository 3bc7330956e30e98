"""Rules and policies on the stack's resources that no resource of the state owns.

A refresh can't find them: the engine reads only the resources of its state. `up` leaves them as
they are, so they don't stop an apply; the nightly drift run reports them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.report.report import Drift, name_of
from pipeline.stacks import Opened

GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
GONE = frozenset({"InvalidGroupId.NotFound", "InvalidGroup.NotFound", "NoSuchEntity"}) | {
    "ListenerNotFound",
    "LoadBalancerNotFound",
}
"""A missing group, listener or role is drift, which is reported elsewhere."""
MOST_GROUPS = 200
"""EC2's maximum of values in a filter."""
Client = Any


class UnreadableError(Exception):
    """Reading the account failed; the message gives the reason."""


@dataclass(frozen=True, kw_only=True)
class Owned:
    """The resources of the stack's state, by type and physical id."""

    clients: Callable[[str], Client]
    by_type: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)

    def of(self, token: str) -> Mapping[str, Mapping[str, Any]]:
        """Resources of a type by physical id; may be empty."""
        return self.by_type.get(token, {})

    def name(self, token: str, physical: str) -> str:
        """The logical name in the program."""
        return name_of(self.of(token)[physical]["urn"])


def find(opened: Opened) -> list[Drift]:
    """Find rules and policies outside the state. Raises UnreadableError."""
    deployment = opened.stack.export_stack().deployment or {}
    by_type: dict[str, dict[str, Mapping[str, Any]]] = {}
    for resource in deployment.get("resources") or ():
        if resource.get("id") and not resource.get("delete"):
            by_type.setdefault(resource["type"], {})[str(resource["id"])] = resource
    owned = Owned(clients=opened.account.client, by_type=by_type)
    readers = (_security_group_rules, _listeners, _listener_rules, _inline_policies, _attachments)
    try:
        return [drift for read in readers for drift in read(owned)]
    except (BotoCoreError, ClientError) as error:
        raise UnreadableError(f"Rules and policies outside the program: {error}") from error


def _security_group_rules(owned: Owned) -> Iterator[Drift]:
    groups = sorted(owned.of(GROUP))
    for first in range(0, len(groups), MOST_GROUPS):
        pages = (
            owned.clients("ec2")
            .get_paginator("describe_security_group_rules")
            .paginate(Filters=[{"Name": "group-id", "Values": groups[first : first + MOST_GROUPS]}])
        )
        for rule in (rule for page in pages for rule in page["SecurityGroupRules"]):
            physical, group, out = (
                rule["SecurityGroupRuleId"],
                rule["GroupId"],
                bool(rule["IsEgress"]),
            )
            token = EGRESS if out else INGRESS
            if physical in owned.of(token):
                continue
            name = owned.name(GROUP, group)
            direction = "egress" if out else "ingress"
            yield _unowned(
                token,
                name,
                f"{name} ({group}) has an {direction} rule {physical}: {_described(rule)}",
                f"aws ec2 revoke-security-group-{direction} --group-id {group} "
                f"--security-group-rule-ids {physical}",
            )


def _described(rule: Mapping[str, Any]) -> str:
    """Protocol, ports and peer, as the console shows them."""
    protocol = "every protocol" if rule["IpProtocol"] == "-1" else str(rule["IpProtocol"])
    first, last = rule.get("FromPort", -1), rule.get("ToPort", -1)
    ports = "" if first in {-1, None} else f" {first}" if first == last else f" {first}-{last}"
    side = (
        rule.get("CidrIpv4")
        or rule.get("CidrIpv6")
        or rule.get("ReferencedGroupInfo", {}).get("GroupId")
        or rule.get("PrefixListId")
    )
    return f"{protocol}{ports} {'to' if rule['IsEgress'] else 'from'} {side}"


def _listeners(owned: Owned) -> Iterator[Drift]:
    elb = owned.clients("elbv2")
    for balancer in owned.of(BALANCER):
        arguments = _each(elb, "describe_listeners", "Listeners", LoadBalancerArn=balancer)
        for listener in arguments:
            arn = listener["ListenerArn"]
            if arn not in owned.of(LISTENER):
                name = owned.name(BALANCER, balancer)
                what = f"{name} has a listener on port {listener['Port']}"
                yield _unowned(
                    LISTENER, name, what, f"aws elbv2 delete-listener --listener-arn {arn}"
                )


def _listener_rules(owned: Owned) -> Iterator[Drift]:
    elb = owned.clients("elbv2")
    for listener in owned.of(LISTENER):
        for rule in _each(elb, "describe_rules", "Rules", ListenerArn=listener):
            arn = rule["RuleArn"]
            # The default one is the listener's own action.
            if rule["IsDefault"] or arn in owned.of(LISTENER_RULE):
                continue
            name = owned.name(LISTENER, listener)
            what = f"{name} has a rule of priority {rule['Priority']}"
            yield _unowned(LISTENER_RULE, name, what, f"aws elbv2 delete-rule --rule-arn {arn}")


def _inline_policies(owned: Owned) -> Iterator[Drift]:
    iam = owned.clients("iam")
    for role, resource in owned.of(ROLE).items():
        if (resource.get("inputs") or {}).get("inlinePolicies"):
            continue  # the role's resource owns all of them, and a refresh finds others
        for policy in _each(iam, "list_role_policies", "PolicyNames", RoleName=role):
            if f"{role}:{policy}" not in owned.of(ROLE_POLICY):
                name = owned.name(ROLE, role)
                yield _unowned(
                    ROLE_POLICY,
                    name,
                    f"{name} ({role}) has an inline policy {policy}",
                    f"aws iam delete-role-policy --role-name {role} --policy-name {policy}",
                )


def _attachments(owned: Owned) -> Iterator[Drift]:
    iam = owned.clients("iam")
    attached = {
        (inputs.get("role"), inputs.get("policyArn"))
        for inputs in (one.get("outputs") or {} for one in owned.of(ATTACHMENT).values())
    }
    for role, resource in owned.of(ROLE).items():
        if (resource.get("inputs") or {}).get("managedPolicyArns"):
            continue  # as above
        found = _each(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=role)
        for policy in found:
            arn = policy["PolicyArn"]
            if (role, arn) not in attached:
                name = owned.name(ROLE, role)
                yield _unowned(
                    ATTACHMENT,
                    name,
                    f"{name} ({role}) has the policy {arn} attached",
                    f"aws iam detach-role-policy --role-name {role} --policy-arn {arn}",
                )


def _each(client: Client, call: str, key: str, **arguments: str) -> Iterable[Any]:
    """Every item of every page; empty if the resource is gone."""
    try:
        return [
            one for page in client.get_paginator(call).paginate(**arguments) for one in page[key]
        ]
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return ()
        raise


def _unowned(token: str, resource: str, what: str, command: str) -> Drift:
    return Drift(
        token=token,
        resource=resource,
        property="",
        stops=False,
        advice=(
            f"{what}, which is not in the program. To keep it, declare it in the program and "
            f"import it; else delete it: `{command}`."
        ),
    )
