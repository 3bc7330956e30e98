"""Rules on clusters, services and images, on which releases and rollbacks depend."""

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource

from guardrails.reading import given, items, nested, of_type
from guardrails.references import names
from guardrails.rule import Found, Props, Rule, StackRule

CLUSTER = "aws:ecs/cluster:Cluster"
SERVICE = "aws:ecs/service:Service"
REPOSITORY = "aws:ecr/repository:Repository"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"
ROLE = "aws:iam/role:Role"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
COLOURS = 2
ROLE_INPUT = "loadBalancers.advancedConfiguration.roleArn"
INFRASTRUCTURE_POLICY = "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"
OWNED_BY_RELEASES = ("taskDefinition", "desiredCount", "loadBalancers")
ADVANCED = ("alternateTargetGroupArn", "productionListenerRule", "testListenerRule", "roleArn")


def _other_strategy(props: Props) -> Iterator[str]:
    strategy = nested(props, "deploymentConfiguration").get("strategy", "ROLLING")
    if strategy != "BLUE_GREEN":
        yield f"The deployment strategy is {strategy}."


def _incomplete_blue_green(props: Props) -> Iterator[str]:
    balancers = items(props, "loadBalancers")
    if not len(balancers):
        yield "The service has no load balancer."
    for balancer in balancers:
        advanced = nested(balancer, "advancedConfiguration")
        missing = [key for key in ADVANCED if not given(advanced, key)]
        if missing:
            yield f"advancedConfiguration lacks {', '.join(missing)}."


def _no_rollback_alarms(props: Props) -> Iterator[str]:
    alarms = nested(props, "alarms")
    if not (alarms.get("enable", False) and alarms.get("rollback", False)):
        yield "Alarms do not roll back a failing deployment."


def _rolls_back_on_interrupt(props: Props) -> Iterator[str]:
    if props.get("sigintRollback", False):
        yield "Interrupting `pulumi up` rolls the deployment back."


def _sets_revisions(resources: Sequence[PolicyResource]) -> Found:
    for service in of_type(resources, SERVICE):
        missing = [key for key in OWNED_BY_RELEASES if key not in list(service.opts.ignore_changes)]
        if missing:
            yield f"`pulumi up` would reset {', '.join(missing)} of {service.name}.", service


def _sets_weights(resources: Sequence[PolicyResource]) -> Found:
    for rule in of_type(resources, LISTENER_RULE):
        if "actions" not in list(rule.opts.ignore_changes):
            yield f"`pulumi up` would reset the weights of {rule.name}.", rule


def _one_target_group(props: Props) -> Iterator[str]:
    for action in items(props, "actions"):
        if len(items(nested(action, "forward"), "targetGroups")) != COLOURS:
            yield "The rule does not forward to two target groups."


def _missing_role_policy(resources: Sequence[PolicyResource]) -> Found:
    attachments = [
        one
        for one in of_type(resources, ATTACHMENT)
        if one.props["policyArn"] == INFRASTRUCTURE_POLICY
    ]
    for service in of_type(resources, SERVICE):
        used = [
            role for role in of_type(resources, ROLE) if names(resources, service, ROLE_INPUT, role)
        ]
        if not any(names(resources, one, "role", role) for one in attachments for role in used):
            yield f"ECS has no permission to modify the listener rules of {service.name}.", service


def _no_insights(props: Props) -> Iterator[str]:
    found = {setting["name"]: setting["value"] for setting in items(props, "settings")}
    if found.get("containerInsights") not in {"enabled", "enhanced"}:
        yield "Container Insights is off."


def _unlogged_exec(props: Props) -> Iterator[str]:
    execute = nested(nested(props, "configuration"), "executeCommandConfiguration")
    logs = nested(execute, "logConfiguration")
    if not (
        execute.get("logging", "") == "OVERRIDE"
        and logs.get("cloudWatchEncryptionEnabled", False)
        and given(execute, "kmsKeyId")
    ):
        yield "ECS Exec sessions are not logged to an encrypted log group."


def _movable_tags(props: Props) -> Iterator[str]:
    mutability = props.get("imageTagMutability", "MUTABLE")
    if mutability not in {"IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"}:
        yield f"Image tags are {mutability}."
    for one in items(props, "imageTagMutabilityExclusionFilters"):
        if one["filter"] != "latest":
            yield f"Tags matching {one['filter']} are mutable."


def _unscanned(props: Props) -> Iterator[str]:
    if not nested(props, "imageScanningConfiguration").get("scanOnPush", False):
        yield "Images are not scanned on push."


def _no_health_check(props: Props) -> Iterator[str]:
    check = nested(props, "healthCheck")
    if not check.get("path", "") or check.get("enabled", True) is False:
        yield "The target group has no health check."


RULES: tuple[Rule | StackRule, ...] = (
    Rule(
        name="ecs-blue-green",
        token=SERVICE,
        why="A new version is tested before it gets traffic, while the old one stays available.",
        fix='Set deployment_configuration.strategy="BLUE_GREEN" (components/service.py).',
        controls=("design: blue/green",),
        check=_other_strategy,
    ),
    Rule(
        name="ecs-both-colours",
        token=SERVICE,
        why="ECS needs both target groups, both listener rules and a role to shift traffic.",
        fix="Set all of load_balancers[].advanced_configuration (components/service.py).",
        controls=("design: blue/green",),
        check=_incomplete_blue_green,
    ),
    Rule(
        name="ecs-rollback-alarms",
        token=SERVICE,
        why="A deployment whose alarms go into ALARM is rolled back.",
        fix="Set alarms.enable=True and alarms.rollback=True (components/service.py).",
        controls=("design: blue/green",),
        check=_no_rollback_alarms,
    ),
    Rule(
        name="ecs-no-sigint-rollback",
        token=SERVICE,
        why="Interrupting `pulumi up` must not undo a release.",
        fix="Set sigint_rollback=False (components/service.py).",
        controls=("design: blue/green",),
        check=_rolls_back_on_interrupt,
    ),
    StackRule(
        name="ecs-releases-own-revisions",
        why="Releases, operators and ECS own the revision, the task count and the target groups.",
        fix=f"Add {', '.join(OWNED_BY_RELEASES)} to ignore_changes (components/service.py).",
        controls=("design: tenet 2",),
        judges=(SERVICE,),
        check=_sets_revisions,
    ),
    StackRule(
        name="ecs-owns-weights",
        why="ECS owns the weights of listener rules; `pulumi up` must not reset them.",
        fix='Add "actions" to ignore_changes (components/blue_green.py).',
        controls=("design: blue/green",),
        judges=(LISTENER_RULE,),
        check=_sets_weights,
    ),
    Rule(
        name="ecs-rule-both-groups",
        token=LISTENER_RULE,
        why="ECS rolls a deployment back if a rule lacks one of the two target groups.",
        fix="Forward to both target groups with weights 100 and 0 (components/blue_green.py).",
        controls=("design: blue/green",),
        check=_one_target_group,
    ),
    StackRule(
        name="ecs-infrastructure-role",
        why="ECS shifts traffic with the permissions of this role.",
        fix=f"Attach {INFRASTRUCTURE_POLICY} to the role (components/blue_green.py).",
        controls=("design: blue/green",),
        judges=(ATTACHMENT, SERVICE),
        check=_missing_role_policy,
    ),
    Rule(
        name="ecs-container-insights",
        token=CLUSTER,
        why="The runbook reads CPU and memory of tasks from Container Insights.",
        fix='Set the cluster setting containerInsights="enabled" (components/cluster.py).',
        controls=("FSBP ECS.12",),
        check=_no_insights,
    ),
    Rule(
        name="ecs-exec-logged",
        token=CLUSTER,
        why="Commands typed in a running task are kept, encrypted.",
        fix=(
            "Set execute_command_configuration with OVERRIDE, an encrypted log group and a key "
            "(components/cluster.py)."
        ),
        controls=("design: cluster",),
        check=_unlogged_exec,
    ),
    Rule(
        name="ecr-immutable-tags",
        token=REPOSITORY,
        why="A version names the same image at release and at rollback.",
        fix='Set image_tag_mutability="IMMUTABLE", or exclude `latest` (components/registry.py).',
        controls=("FSBP ECR.2",),
        check=_movable_tags,
    ),
    Rule(
        name="ecr-scan",
        token=REPOSITORY,
        why="Known vulnerabilities of an image are reported before it runs.",
        fix="Set image_scanning_configuration.scan_on_push=True (components/registry.py).",
        controls=("FSBP ECR.1",),
        check=_unscanned,
    ),
    Rule(
        name="ecs-target-health",
        token=TARGET_GROUP,
        why="Only tasks that pass their health check get traffic.",
        fix="Set health_check.path (healthCheckPath of the service in arbor:services).",
        controls=("design: the application",),
        check=_no_health_check,
    ),
)
