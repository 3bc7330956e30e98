"""Rules on security groups, subnets and flow logs."""

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource
from pulumi_policy.proxy import UnknownValueError

from guardrails.addresses import is_public, only_port
from guardrails.reading import items, nested, of_type
from guardrails.references import depended_on, elsewhere, known, named, names
from guardrails.routes import ROUTING, isolated
from guardrails.rule import Found, Props, Rule, StackRule

GROUP = "aws:ec2/securityGroup:SecurityGroup"
LEGACY = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
VPC = "aws:ec2/vpc:Vpc"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"
SERVICE = "aws:ecs/service:Service"
LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
SUBNETS_OF_DATA = (
    "aws:rds/subnetGroup:SubnetGroup",
    "aws:elasticache/subnetGroup:SubnetGroup",
)
DATA = {
    "aws:rds/instance:Instance": "vpcSecurityGroupIds",
    "aws:elasticache/replicationGroup:ReplicationGroup": "securityGroupIds",
}
NO_TASKS = {LOAD_BALANCER: "securityGroups", **DATA}
"""Types that are not tasks, and the input with their groups."""
MEMBERS = {SERVICE: "networkConfiguration.securityGroups", **DATA}
"""Types that must not share the load balancer's group, and the input with their groups."""
TASK = "aws:ecs/taskDefinition:TaskDefinition"
COMPONENT = "Component"
"""The tag that a task definition and its tasks' security group share."""
WEB_PORTS = (80, 443)
HTTPS = 443


def _other_ports(props: Props) -> Iterator[str]:
    if is_public(props) and only_port(props) not in WEB_PORTS:
        yield "The rule opens a port other than 80 and 443 to the internet."


def _not_https(props: Props) -> Iterator[str]:
    if is_public(props) and only_port(props) != HTTPS:
        yield "The rule allows egress to the internet on a port other than 443."


def _internet_egress(resources: Sequence[PolicyResource]) -> Found:
    tasks = _task_groups(resources)
    for rule in of_type(resources, EGRESS):
        if is_public(rule.props) and not any(
            names(resources, rule, "securityGroupId", group) for group in tasks
        ):
            yield (
                f"{rule.name} allows egress to the internet from a group other than a task's.",
                rule,
            )


def _task_groups(resources: Sequence[PolicyResource]) -> list[PolicyResource]:
    """Groups of tasks, of any service: image layers, secrets and logs have changing addresses.

    A task's group has the tag `Component` of a task definition, and neither the load balancer nor
    a store uses it. The migrations run without a service, so no service names their group.
    """
    components = {_component(task) for task in of_type(resources, TASK)} - {""}
    return [
        group
        for group in of_type(resources, GROUP)
        if _component(group) in components
        and not any(
            names(resources, member, key, group)
            for token, key in NO_TASKS.items()
            for member in of_type(resources, token)
        )
    ]


def _component(resource: PolicyResource) -> str:
    return str(nested(resource.props, "tags").get(COMPONENT, ""))


def _internet_ingress(resources: Sequence[PolicyResource]) -> Found:
    balancers = of_type(resources, LOAD_BALANCER)
    public = [
        group
        for group in of_type(resources, GROUP)
        if any(names(resources, balancer, "securityGroups", group) for balancer in balancers)
    ]
    for rule in of_type(resources, INGRESS):
        if not is_public(rule.props):
            continue
        opened = [group for group in public if names(resources, rule, "securityGroupId", group)]
        if not opened:
            yield f"{rule.name} opens a group without a load balancer to the internet.", rule
        for group in opened:
            for other in _members(resources, group):
                yield (
                    f"{rule.name} opens {group.name} to the internet with {other.name} in it.",
                    rule,
                )


def _members(resources: Sequence[PolicyResource], group: PolicyResource) -> list[PolicyResource]:
    """The services, databases and caches in this group."""
    return [
        found
        for token, key in MEMBERS.items()
        for found in of_type(resources, token)
        if names(resources, found, key, group)
    ]


def _inline(props: Props) -> Iterator[str]:
    if len(items(props, "ingress")) or len(items(props, "egress")):
        yield "The group has inline rules."


def _legacy(resources: Sequence[PolicyResource]) -> Found:
    for rule in of_type(resources, LEGACY):
        yield f"{rule.name} is a SecurityGroupRule, which the other rules ignore.", rule


def _public_tasks(props: Props) -> Iterator[str]:
    if nested(props, "networkConfiguration").get("assignPublicIp", False):
        yield "Tasks get public addresses."


def _reachable_data(resources: Sequence[PolicyResource]) -> Found:
    undecided: UnknownValueError | None = None
    for token in SUBNETS_OF_DATA:
        for group in of_type(resources, token):
            try:
                if not isolated(resources, group):
                    yield f"{group.name} has subnets with a route to the internet.", group
            except UnknownValueError as unknown:
                undecided = unknown
    if undecided is not None:
        raise undecided


def _data_egress(resources: Sequence[PolicyResource]) -> Found:
    rules = of_type(resources, EGRESS)
    for token, key in DATA.items():
        for store in of_type(resources, token):
            for group in sorted(elsewhere(resources, store, key, GROUP)):
                yield f"{store.name} is in {group}, a group outside this stack.", store
            groups = named(resources, store, key, GROUP)
            for rule in rules:
                if named(resources, rule, "securityGroupId", GROUP) & groups:
                    yield f"{rule.name} allows egress from {store.name}.", rule


def _unlogged(resources: Sequence[PolicyResource]) -> Found:
    logs = of_type(resources, FLOW_LOG)
    for vpc in of_type(resources, VPC):
        if not any(names(resources, log, "vpcId", vpc) for log in logs):
            yield f"{vpc.name} has no flow log.", vpc


def _partial_flow_log(props: Props) -> Iterator[str]:
    if props.get("trafficType", "") != "ALL":
        yield "The flow log omits accepted or rejected traffic."


def _default_in_use(resources: Sequence[PolicyResource]) -> Found:
    adopted = of_type(resources, DEFAULT_GROUP)
    vpcs = of_type(resources, VPC)
    for vpc in vpcs:
        if not any(names(resources, group, "vpcId", vpc) for group in adopted):
            yield f"The default security group of {vpc.name} has AWS's default rules.", vpc
    # The default group's id is also an output of the VPC.
    ids = {text for vpc in vpcs for text in known(vpc, "defaultSecurityGroupId")}
    for token in (INGRESS, EGRESS):
        for rule in of_type(resources, token):
            if (
                known(rule, "securityGroupId") & ids
                or any(names(resources, rule, "securityGroupId", group) for group in adopted)
                or _of_a_vpc(rule)
            ):
                yield f"{rule.name} belongs to a default security group.", rule


def _of_a_vpc(rule: PolicyResource) -> bool:
    """Whether a rule's unknown group is an output of a VPC instead of a security group."""
    return (
        not known(rule, "securityGroupId")
        and bool(depended_on(rule, "securityGroupId", VPC))
        and not depended_on(rule, "securityGroupId", GROUP)
    )


RULES: tuple[Rule | StackRule, ...] = (
    Rule(
        name="network-world-ports",
        token=INGRESS,
        why="Only HTTP and HTTPS are open to the internet.",
        fix="Open port 80 or 443, or set referenced_security_group_id.",
        controls=("FSBP EC2.18", "FSBP EC2.19", "CIS v3.0 5.2", "CIS v3.0 5.3"),
        check=_other_ports,
    ),
    StackRule(
        name="network-world-load-balancer",
        why="Only the load balancer is open to the internet.",
        fix="Replace the CIDR block with referenced_security_group_id.",
        controls=("FSBP EC2.18", "design: security groups"),
        judges=(INGRESS, LOAD_BALANCER, *MEMBERS),
        check=_internet_ingress,
    ),
    Rule(
        name="network-standalone-rules",
        token=GROUP,
        why="Inline rules delete the standalone rules of a group.",
        fix="Declare SecurityGroupIngressRule and SecurityGroupEgressRule resources.",
        controls=("design: security groups",),
        check=_inline,
    ),
    StackRule(
        name="network-rule-kind",
        why="The other rules read only SecurityGroupIngressRule and SecurityGroupEgressRule.",
        fix="Declare a SecurityGroupIngressRule or SecurityGroupEgressRule instead.",
        controls=("design: security groups",),
        judges=(LEGACY,),
        check=_legacy,
    ),
    Rule(
        name="network-egress-https",
        token=EGRESS,
        why="A compromised task must not open connections on every port.",
        fix="Allow port 443 only, or set referenced_security_group_id.",
        controls=("design: security groups",),
        check=_not_https,
    ),
    StackRule(
        name="network-egress-tasks",
        why="Only tasks open connections to the internet.",
        fix="Set referenced_security_group_id, or tag the task's group as its task definition.",
        controls=("design: security groups",),
        judges=(EGRESS,),
        check=_internet_egress,
    ),
    Rule(
        name="network-private-tasks",
        token=SERVICE,
        why="Tasks are reachable through the load balancer only.",
        fix="Set assign_public_ip=False (components/service.py).",
        controls=("FSBP ECS.2",),
        check=_public_tasks,
    ),
    StackRule(
        name="network-isolated-data",
        why="Database and cache have no route to the internet.",
        fix="Set subnet_ids to network.isolated_subnet_ids.",
        controls=("FSBP RDS.46", "design: network"),
        judges=(*SUBNETS_OF_DATA, *ROUTING),
        check=_reachable_data,
    ),
    StackRule(
        name="network-silent-data",
        why="Database and cache open no connections.",
        fix="Remove the egress rule, and use security groups of this stack only.",
        controls=("design: security groups",),
        judges=(EGRESS, *DATA),
        check=_data_egress,
    ),
    StackRule(
        name="network-flow-logs",
        why="Flow logs show network connections during an incident.",
        fix="Declare a FlowLog for the VPC (components/network.py).",
        controls=("FSBP EC2.6", "CIS v3.0 3.7"),
        judges=(VPC, FLOW_LOG),
        check=_unlogged,
    ),
    Rule(
        name="network-flow-logs-all",
        token=FLOW_LOG,
        why="Accepted connections matter as much as rejected ones.",
        fix='Set traffic_type="ALL" (components/network.py).',
        controls=("FSBP EC2.6",),
        check=_partial_flow_log,
    ),
    StackRule(
        name="network-default-group",
        why="Resources left in the default security group get no access.",
        fix="Declare a DefaultSecurityGroup without rules (components/network.py).",
        controls=("FSBP EC2.2", "CIS v3.0 5.4"),
        judges=(VPC, DEFAULT_GROUP, INGRESS, EGRESS),
        check=_default_in_use,
    ),
    Rule(
        name="network-default-group-empty",
        token=DEFAULT_GROUP,
        why="Resources left in the default security group get no access.",
        fix="Set ingress and egress to [] (components/network.py).",
        controls=("FSBP EC2.2", "CIS v3.0 5.4"),
        check=_inline,
    ),
)
