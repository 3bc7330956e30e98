"""Rules on clusters, services and images: what a release and a rollback rely on."""

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource

from guardrails.reading import given, items, of_type, part
from guardrails.references import names
from guardrails.rule import Props, Rule, StackRule

CLUSTER = "aws:ecs/cluster:Cluster"
SERVICE = "aws:ecs/service:Service"
REPOSITORY = "aws:ecr/repository:Repository"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"
ROLE = "aws:iam/role:Role"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
COLOURS = 2
MOVES_AS = "loadBalancers.advancedConfiguration.roleArn"
MOVES_RULES = "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"
OF_RELEASES = ("taskDefinition", "desiredCount", "loadBalancers")
ADVANCED = ("alternateTargetGroupArn", "productionListenerRule", "testListenerRule", "roleArn")
Found = Iterator[tuple[str, PolicyResource | None]]


def _other_strategy(props: Props) -> Iterator[str]:
    strategy = part(props, "deploymentConfiguration").get("strategy", "ROLLING")
    if strategy != "BLUE_GREEN":
        yield f"A deployment is {strategy}."


def _half_wired(props: Props) -> Iterator[str]:
    balancers = items(props, "loadBalancers")
    if not len(balancers):
        yield "No load balancer knows the service."
    for balancer in balancers:
        advanced = part(balancer, "advancedConfiguration")
        missing = [key for key in ADVANCED if not given(advanced, key)]
        if missing:
            yield f"{', '.join(missing)} is missing."


def _no_way_back(props: Props) -> Iterator[str]:
    alarms = part(props, "alarms")
    if not (alarms.get("enable", False) and alarms.get("rollback", False)):
        yield "A deployment that makes errors goes on."


def _undone_by_ctrl_c(props: Props) -> Iterator[str]:
    if props.get("sigintRollback", False):
        yield "Who ends `pulumi up` early rolls a deployment back."


def _owns_revisions(resources: Sequence[PolicyResource]) -> Found:
    for service in of_type(resources, SERVICE):
        missing = [key for key in OF_RELEASES if key not in list(service.opts.ignore_changes)]
        if missing:
            yield f"An `up` would set {', '.join(missing)} of {service.name}.", service


def _owns_weights(resources: Sequence[PolicyResource]) -> Found:
    for rule in of_type(resources, LISTENER_RULE):
        if "actions" not in list(rule.opts.ignore_changes):
            yield f"An `up` would move the traffic of {rule.name}.", rule


def _one_colour(props: Props) -> Iterator[str]:
    for action in items(props, "actions"):
        if len(items(part(action, "forward"), "targetGroups")) != COLOURS:
            yield "The rule doesn't know both colours."


def _powerless(resources: Sequence[PolicyResource]) -> Found:
    attachments = [
        one for one in of_type(resources, ATTACHMENT) if one.props["policyArn"] == MOVES_RULES
    ]
    for service in of_type(resources, SERVICE):
        used = [
            role for role in of_type(resources, ROLE) if names(resources, service, MOVES_AS, role)
        ]
        if not any(names(resources, one, "role", role) for one in attachments for role in used):
            yield f"ECS may not move the rules of {service.name}.", service


def _no_insights(props: Props) -> Iterator[str]:
    found = {setting["name"]: setting["value"] for setting in items(props, "settings")}
    if found.get("containerInsights") not in {"enabled", "enhanced"}:
        yield "The cluster's tasks are not measured."


def _unlogged_exec(props: Props) -> Iterator[str]:
    execute = part(part(props, "configuration"), "executeCommandConfiguration")
    logs = part(execute, "logConfiguration")
    if not (
        execute.get("logging", "") == "OVERRIDE"
        and logs.get("cloudWatchEncryptionEnabled", False)
        and given(execute, "kmsKeyId")
    ):
        yield "Nobody can see what was typed in a task."


def _movable_tags(props: Props) -> Iterator[str]:
    mutability = props.get("imageTagMutability", "MUTABLE")
    if mutability not in {"IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"}:
        yield f"Tags are {mutability}."
    for one in items(props, "imageTagMutabilityExclusionFilters"):
        if one["filter"] != "latest":
            yield f"The tags {one['filter']} can move."


def _unscanned(props: Props) -> Iterator[str]:
    if not part(props, "imageScanningConfiguration").get("scanOnPush", False):
        yield "Images are not scanned."


def _no_health_check(props: Props) -> Iterator[str]:
    check = part(props, "healthCheck")
    if not check.get("path", "") or check.get("enabled", True) is False:
        yield "The group doesn't ask whether its targets are well."


RULES: tuple[Rule | StackRule, ...] = (
    Rule(
        name="ecs-blue-green",
        token=SERVICE,
        why="A new version is tried before users get it, and the old one waits meanwhile.",
        fix='Set deployment_configuration.strategy to "BLUE_GREEN".',
        controls=("design: blue/green",),
        check=_other_strategy,
    ),
    Rule(
        name="ecs-both-colours",
        token=SERVICE,
        why="ECS needs both groups, both rules and a role to move traffic.",
        fix="Complete load_balancers[].advanced_configuration.",
        controls=("design: blue/green",),
        check=_half_wired,
    ),
    Rule(
        name="ecs-rollback-alarms",
        token=SERVICE,
        why="A deployment that makes errors is rolled back.",
        fix="Set alarms with enable=True and rollback=True.",
        controls=("design: blue/green",),
        check=_no_way_back,
    ),
    Rule(
        name="ecs-no-sigint-rollback",
        token=SERVICE,
        why="Whoever ends `pulumi up` early doesn't undo a release.",
        fix="Set sigint_rollback to False.",
        controls=("design: blue/green",),
        check=_undone_by_ctrl_c,
    ),
    StackRule(
        name="ecs-releases-own-revisions",
        why="`pulumi up` changes neither the live version nor the number of tasks nor the colours.",
        fix='Add "taskDefinition", "desiredCount" and "loadBalancers" to ignore_changes.',
        controls=("design: tenet 2",),
        check=_owns_revisions,
    ),
    StackRule(
        name="ecs-owns-weights",
        why="ECS moves the rules' weights; `pulumi up` must not move them back.",
        fix='Add "actions" to ignore_changes.',
        controls=("design: blue/green",),
        check=_owns_weights,
    ),
    Rule(
        name="ecs-rule-both-groups",
        token=LISTENER_RULE,
        why="ECS rolls a deployment back whose rule lacks one of the two groups.",
        fix="Forward to both target groups, 100 to 0.",
        controls=("design: blue/green",),
        check=_one_colour,
    ),
    StackRule(
        name="ecs-infrastructure-role",
        why="ECS moves the rules with this role's permissions.",
        fix=f"Attach {MOVES_RULES} to the role.",
        controls=("design: blue/green",),
        check=_powerless,
    ),
    Rule(
        name="ecs-container-insights",
        token=CLUSTER,
        why="The runbook looks at the tasks' memory and cpu.",
        fix="Set the setting containerInsights to enabled.",
        controls=("FSBP ECS.12",),
        check=_no_insights,
    ),
    Rule(
        name="ecs-exec-logged",
        token=CLUSTER,
        why="What somebody types in a running task is kept, encrypted.",
        fix="Set execute_command_configuration with OVERRIDE, an encrypted log group and a key.",
        controls=("design: cluster",),
        check=_unlogged_exec,
    ),
    Rule(
        name="ecr-immutable-tags",
        token=REPOSITORY,
        why="A version is the same image today and in a rollback.",
        fix='Set image_tag_mutability to "IMMUTABLE", or exclude exactly `latest`.',
        controls=("FSBP ECR.2",),
        check=_movable_tags,
    ),
    Rule(
        name="ecr-scan",
        token=REPOSITORY,
        why="Known weaknesses of an image are seen before it runs.",
        fix="Set image_scanning_configuration.scan_on_push to True.",
        controls=("FSBP ECR.1",),
        check=_unscanned,
    ),
    Rule(
        name="ecs-target-health",
        token=TARGET_GROUP,
        why="Traffic goes only to tasks that answer their health path.",
        fix="Set health_check.path.",
        controls=("design: the application",),
        check=_no_health_check,
    ),
)
