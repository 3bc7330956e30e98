"""Rules on who may talk to whom: security groups, subnets, flow logs."""

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource
from pulumi_policy.proxy import UnknownValueError

from guardrails.addresses import of_the_world, only_port
from guardrails.reading import items, of_type, part
from guardrails.references import depended_on, elsewhere, known, named, names
from guardrails.routes import isolated
from guardrails.rule import Props, Rule, StackRule

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
"""The input that names the groups of what is no task."""
MEMBERS = {SERVICE: "networkConfiguration.securityGroups", **DATA}
"""What must not share the load balancer's group, and the input that names its groups."""
TASK = "aws:ecs/taskDefinition:TaskDefinition"
COMPONENT = "Component"
"""The tag that a task definition and its tasks' security group share."""
WEB_PORTS = (80, 443)
HTTPS = 443
Found = Iterator[tuple[str, PolicyResource | None]]


def _other_ports(props: Props) -> Iterator[str]:
    if of_the_world(props) and only_port(props) not in WEB_PORTS:
        yield "Anybody reaches a port other than 80 and 443."


def _not_https(props: Props) -> Iterator[str]:
    if of_the_world(props) and only_port(props) != HTTPS:
        yield "Tasks may send anything anywhere."


def _calling_out(resources: Sequence[PolicyResource]) -> Found:
    callers = _task_groups(resources)
    for rule in of_type(resources, EGRESS):
        if of_the_world(rule.props) and not any(
            names(resources, rule, "securityGroupId", group) for group in callers
        ):
            yield f"{rule.name} lets more than the tasks call out.", rule


def _task_groups(resources: Sequence[PolicyResource]) -> list[PolicyResource]:
    """The groups of tasks, which call AWS APIs under changing addresses: layers, secrets, logs.

    Such a group carries the component of a task definition, and neither the load balancer nor a
    store is in it. The migrations run without a service, so no service names their group.
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
    return str(part(resource.props, "tags").get(COMPONENT, ""))


def _open_elsewhere(resources: Sequence[PolicyResource]) -> Found:
    balancers = of_type(resources, LOAD_BALANCER)
    doors = [
        group
        for group in of_type(resources, GROUP)
        if any(names(resources, balancer, "securityGroups", group) for balancer in balancers)
    ]
    for rule in of_type(resources, INGRESS):
        if not of_the_world(rule.props):
            continue
        opened = [group for group in doors if names(resources, rule, "securityGroupId", group)]
        if not opened:
            yield f"{rule.name} opens a group that is no load balancer's.", rule
        for group in opened:
            for other in _members(resources, group):
                yield f"{rule.name} opens {group.name}, in which {other.name} is, too.", rule


def _members(resources: Sequence[PolicyResource], group: PolicyResource) -> list[PolicyResource]:
    """The services and stores of data that are in this group."""
    return [
        found
        for token, key in MEMBERS.items()
        for found in of_type(resources, token)
        if names(resources, found, key, group)
    ]


def _inline(props: Props) -> Iterator[str]:
    if len(items(props, "ingress")) or len(items(props, "egress")):
        yield "The group has rules of its own beside the standalone ones."


def _legacy(resources: Sequence[PolicyResource]) -> Found:
    for rule in of_type(resources, LEGACY):
        yield f"{rule.name} is a rule of the old kind, which the other rules don't see.", rule


def _public_tasks(props: Props) -> Iterator[str]:
    if part(props, "networkConfiguration").get("assignPublicIp", False):
        yield "Tasks get public addresses."


def _reachable_data(resources: Sequence[PolicyResource]) -> Found:
    unsure: UnknownValueError | None = None
    for token in SUBNETS_OF_DATA:
        for group in of_type(resources, token):
            try:
                if not isolated(resources, group):
                    yield f"{group.name} has subnets with a way to the internet.", group
            except UnknownValueError as unknown:
                unsure = unknown
    if unsure is not None:
        raise unsure


def _talking_data(resources: Sequence[PolicyResource]) -> Found:
    rules = of_type(resources, EGRESS)
    for token, key in DATA.items():
        for store in of_type(resources, token):
            for group in sorted(elsewhere(resources, store, key, GROUP)):
                yield f"{store.name} is in {group}, whose rules stand elsewhere.", store
            groups = named(resources, store, key, GROUP)
            for rule in rules:
                if named(resources, rule, "securityGroupId", GROUP) & groups:
                    yield f"{rule.name} lets {store.name} open connections.", rule


def _unlogged(resources: Sequence[PolicyResource]) -> Found:
    logs = of_type(resources, FLOW_LOG)
    for vpc in of_type(resources, VPC):
        if not any(names(resources, log, "vpcId", vpc) for log in logs):
            yield f"Nobody can see what went through {vpc.name}.", vpc


def _half_logged(props: Props) -> Iterator[str]:
    if props.get("trafficType", "") != "ALL":
        yield "Only a part of the traffic is logged."


def _default_in_use(resources: Sequence[PolicyResource]) -> Found:
    adopted = of_type(resources, DEFAULT_GROUP)
    vpcs = of_type(resources, VPC)
    for vpc in vpcs:
        if not any(names(resources, group, "vpcId", vpc) for group in adopted):
            yield f"The default security group of {vpc.name} is as AWS made it.", vpc
    # The VPC, too, has the default group's id among its outputs.
    ids = {text for vpc in vpcs for text in known(vpc, "defaultSecurityGroupId")}
    for token in (INGRESS, EGRESS):
        for rule in of_type(resources, token):
            if (
                known(rule, "securityGroupId") & ids
                or any(names(resources, rule, "securityGroupId", group) for group in adopted)
                or _of_a_vpc(rule)
            ):
                yield f"{rule.name} is a rule of a default security group.", rule


def _of_a_vpc(rule: PolicyResource) -> bool:
    """Whether a rule's group, not known yet, comes from a VPC and from no group."""
    return (
        not known(rule, "securityGroupId")
        and bool(depended_on(rule, "securityGroupId", VPC))
        and not depended_on(rule, "securityGroupId", GROUP)
    )


RULES: tuple[Rule | StackRule, ...] = (
    Rule(
        name="network-world-ports",
        token=INGRESS,
        why="The internet reaches HTTP and HTTPS, and nothing else.",
        fix="Open only 80 or 443 to the world, or name a security group instead.",
        controls=("FSBP EC2.18", "FSBP EC2.19", "CIS v3.0 5.2", "CIS v3.0 5.3"),
        check=_other_ports,
    ),
    StackRule(
        name="network-world-load-balancer",
        why="Only the load balancer is open to the world.",
        fix="Let the rule name the security group that it is for.",
        controls=("FSBP EC2.18", "design: security groups"),
        check=_open_elsewhere,
    ),
    Rule(
        name="network-standalone-rules",
        token=GROUP,
        why="One place owns a group's rules: inline rules undo what standalone ones add.",
        fix="Declare SecurityGroupIngressRule and SecurityGroupEgressRule resources.",
        controls=("design: security groups",),
        check=_inline,
    ),
    StackRule(
        name="network-rule-kind",
        why="Every rule is of the kind that these policies read.",
        fix="Declare a SecurityGroupIngressRule or SecurityGroupEgressRule instead.",
        controls=("design: security groups",),
        check=_legacy,
    ),
    Rule(
        name="network-egress-https",
        token=EGRESS,
        why="A task that is taken over can't talk to everybody on every port.",
        fix="Allow 443 to the world at most, or name a security group.",
        controls=("design: security groups",),
        check=_not_https,
    ),
    StackRule(
        name="network-egress-tasks",
        why="Only tasks call the world; anything else that is taken over stays inside.",
        fix="Name the group that the rule is for. A task's group carries its definition's tags.",
        controls=("design: security groups",),
        check=_calling_out,
    ),
    Rule(
        name="network-private-tasks",
        token=SERVICE,
        why="Tasks are reached through the load balancer only.",
        fix="Set assign_public_ip to False.",
        controls=("FSBP ECS.2",),
        check=_public_tasks,
    ),
    StackRule(
        name="network-isolated-data",
        why="There is no way between the internet and the data.",
        fix="Give the subnet group the isolated subnets.",
        controls=("FSBP RDS.46", "design: network"),
        check=_reachable_data,
    ),
    StackRule(
        name="network-silent-data",
        why="The database and the cache answer, and never call.",
        fix="Remove the egress rule, and name only security groups of the stack.",
        controls=("design: security groups",),
        check=_talking_data,
    ),
    StackRule(
        name="network-flow-logs",
        why="After an incident it can be seen who talked to whom.",
        fix="Declare a FlowLog for the VPC.",
        controls=("FSBP EC2.6", "CIS v3.0 3.7"),
        check=_unlogged,
    ),
    Rule(
        name="network-flow-logs-all",
        token=FLOW_LOG,
        why="What was let through matters as much as what was refused.",
        fix='Set traffic_type to "ALL".',
        controls=("FSBP EC2.6",),
        check=_half_logged,
    ),
    StackRule(
        name="network-default-group",
        why="What names no group of its own reaches nothing.",
        fix="Declare a DefaultSecurityGroup without rules for the VPC.",
        controls=("FSBP EC2.2", "CIS v3.0 5.4"),
        check=_default_in_use,
    ),
    Rule(
        name="network-default-group-empty",
        token=DEFAULT_GROUP,
        why="What names no group of its own reaches nothing.",
        fix="Set ingress and egress to [].",
        controls=("FSBP EC2.2", "CIS v3.0 5.4"),
        check=_inline,
    ),
)
