"""A service and its parts: task, roles, both colours, alarms, autoscaling."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from arbor_names import naming
from components.migration_task import MigrationTask, MigrationTaskArgs
from components.service import LoadBalancerTarget, PauseHook, Scaling, Service, ServiceArgs
from components.task import Egress, TaskEnvironment
from components.task_definition import Container
from harness import ACCOUNT, REGION, ROLES, allows, declare, plain

TASK_ENVIRONMENT = TaskEnvironment(
    roles=ROLES,
    account_id=ACCOUNT,
    region=REGION,
    vpc_id="vpc-1",
    subnet_ids=["private-1", "private-2"],
    cluster_name="cluster",
    cluster_arn="arn:cluster",
    secret_key_arn="arn:kms:secrets",
    exec_log_group_arn="arn:logs:exec",
    exec_key_arn="arn:kms:exec",
)
CONTAINER = Container(
    name="backend",
    image="registry.example/backend:v1",
    user="1000",
    log_group="/ecs/backend",
    region=REGION,
    port=8000,
    environment={"DEBUG": "false"},
    secrets={"PASSWORD": "arn:secret:password::"},
)
ARGS = ServiceArgs(
    service_name="arbor-test-backend",
    container=CONTAINER,
    cpu=512,
    memory=1024,
    task_environment=TASK_ENVIRONMENT,
    load_balancer=LoadBalancerTarget(
        listener_arn="arn:listener",
        security_group_id="sg-lb",
        arn_suffix="app/lb/1",
        production_host="arbor.example",
        test_host="green.arbor.example",
    ),
    path_patterns=("/api/*",),
    priority=100,
    health_check_path="/health",
    scaling=Scaling(
        count=2,
        min_count=2,
        max_count=10,
        cpu_percent=60,
        memory_percent=70,
        requests_per_target=1000,
    ),
    capacity=[("FARGATE", 1, 1)],
    log_group_arn="arn:logs:backend",
    repository_arn="arn:ecr:backend",
    secret_arns=["arn:secret"],
    egress={"database": Egress(security_group_id="sg-db", port=5432)},
    bake_minutes=15,
    tags={"Stack": "test"},
)
SERVICE = "aws:ecs/service:Service"
POLICY = "aws:iam/rolePolicy:RolePolicy"


def statements(name: str) -> list[dict[str, Any]]:
    policies = declare(lambda: Service("backend", ARGS)).all(POLICY)
    found: list[dict[str, Any]] = json.loads(policies[name]["policy"])["Statement"]
    return found


def test_with_a_pause_deployments_wait_and_up_does_not() -> None:
    args = replace(ARGS, pause=PauseHook(timeout_minutes=60))
    service = declare(lambda: Service("backend", args)).only(SERVICE)
    (hook,) = service["deploymentConfiguration"]["lifecycleHooks"]
    assert hook == {
        "targetType": "PAUSE",
        "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
        "timeoutConfiguration": {"action": "ROLLBACK", "timeoutInMinutes": "60"},
    }
    assert service["waitForSteadyState"] is False


def test_without_a_pause_up_waits_long_enough_for_the_bake_time() -> None:
    declared = declare(lambda: Service("backend", ARGS))
    assert declared.only(SERVICE)["waitForSteadyState"] is True
    timeouts = declared.options_of(SERVICE).custom_timeouts
    assert timeouts is not None
    assert timeouts.create == timeouts.update == "45m"


def waited_for() -> Counter[str]:
    """Types of the service's dependencies, in an environment with one egress dependency."""

    def program() -> None:
        out = pulumi.ComponentResource("test:index:Network", "network")
        Service(
            "backend",
            replace(ARGS, task_environment=replace(TASK_ENVIRONMENT, egress_dependencies=[out])),
        )

    depends = declare(program).options_of(SERVICE).depends_on
    assert isinstance(depends, list)
    return Counter(type(resource).__name__ for resource in depends)


def test_the_service_depends_on_ecss_role_and_both_rules() -> None:
    found = waited_for()
    assert (found["ListenerRule"], found["RolePolicyAttachment"]) == (2, 1)


def test_the_service_depends_on_its_tasks_prerequisites() -> None:
    found = waited_for()
    assert found["RolePolicy"] == 2
    # Rules to AWS's APIs, to and from the database, and from the load balancer.
    assert found["SecurityGroupEgressRule"] == 3
    assert found["SecurityGroupIngressRule"] == 2
    assert found["ComponentResource"] == 1


def test_logs_are_non_blocking() -> None:
    definition = declare(lambda: Service("backend", ARGS)).only(
        "aws:ecs/taskDefinition:TaskDefinition"
    )
    (container,) = json.loads(plain(definition["containerDefinitions"]))
    options = container["logConfiguration"]["options"]
    assert (options["mode"], options["max-buffer-size"]) == ("non-blocking", "25m")


def test_the_execution_role_pulls_reads_secrets_and_writes_logs() -> None:
    found = statements("backend-task-roles-execution-policy")
    (pull,) = allows(found, "ecr:BatchGetImage")
    (read,) = allows(found, "secretsmanager:GetSecretValue")
    (write,) = allows(found, "logs:PutLogEvents")
    assert (pull["Resource"], read["Resource"]) == (["arn:ecr:backend"], ["arn:secret"])
    assert write["Resource"] == ["arn:logs:backend:*"]
    everywhere = [s["Action"] for s in found if "*" in s["Resource"]]
    assert everywhere == [["ecr:GetAuthorizationToken"]]


def test_the_task_role_allows_ecs_exec_only() -> None:
    found = statements("backend-task-roles-task-policy")
    services = {action.split(":")[0] for s in found for action in s["Action"]}
    assert services == {"ssmmessages", "logs", "kms"}
    (channels,) = allows(found, "ssmmessages:OpenDataChannel")
    assert channels["Resource"] == ["*"]
    assert allows(found, "kms:Decrypt")[0]["Resource"] == ["arn:kms:exec"]


def test_only_tasks_of_this_account_can_assume_the_roles() -> None:
    roles = declare(lambda: Service("backend", ARGS)).all("aws:iam/role:Role")
    trust = json.loads(roles["backend-task-roles-task-role"]["assumeRolePolicy"])
    assert trust["Statement"][0]["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}


def test_ecs_moves_the_rules_with_awss_managed_policy() -> None:
    attachment = declare(lambda: Service("backend", ARGS)).only(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    )
    assert attachment["policyArn"] == (
        "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"
    )


def test_alarms_cover_both_colours_and_stay_ok_without_traffic() -> None:
    alarms = declare(lambda: Service("backend", ARGS)).all("aws:cloudwatch/metricAlarm:MetricAlarm")
    assert set(alarms) == {"backend-alarms-5xx", "backend-alarms-unhealthy"}
    for alarm in alarms.values():
        assert alarm["treatMissingData"] == "notBreaching"
        groups = {
            query["metric"]["dimensions"]["TargetGroup"]
            for query in alarm["metricQueries"]
            if "metric" in query
        }
        assert groups == {"targetgroup/backend-blue/1", "targetgroup/backend-green/1"}


def test_the_alarm_is_a_rate_over_more_minutes_than_a_failover() -> None:
    alarms = declare(lambda: Service("backend", ARGS)).all("aws:cloudwatch/metricAlarm:MetricAlarm")
    failing = alarms["backend-alarms-5xx"]
    (rate,) = [query for query in failing["metricQueries"] if query.get("returnData")]
    assert rate["expression"] == (
        "IF(blue_requests + green_requests >= 20, "
        "100 * (blue_failed + green_failed) / (blue_requests + green_requests), 0)"
    )
    assert (failing["evaluationPeriods"], failing["datapointsToAlarm"]) == (5, 5)
    requested = {query["id"] for query in failing["metricQueries"]} - {"rate"}
    assert requested == {"blue_failed", "green_failed", "blue_requests", "green_requests"}


def test_a_configured_release_order_is_a_tag_of_the_ecs_service() -> None:
    args = replace(ARGS, release_order=3, tags={"Stack": "test"})
    declared = declare(lambda: Service("backend", args))
    tags = declared.only("aws:ecs/service:Service")["tags"]
    assert tags == {"Stack": "test", naming.RELEASE_ORDER_TAG: "3"}
    assert declared.only("aws:ec2/securityGroup:SecurityGroup")["tags"] == {"Stack": "test"}
    unset = declare(lambda: Service("backend", replace(args, release_order=None)))
    assert unset.only("aws:ecs/service:Service")["tags"] == {"Stack": "test"}


def test_tasks_are_rebalanced_across_zones() -> None:
    service = declare(lambda: Service("backend", ARGS)).only("aws:ecs/service:Service")
    assert service["availabilityZoneRebalancing"] == "ENABLED"
    assert service.get("deploymentMaximumPercent", 200) > 100


def test_autoscaling_follows_cpu_memory_and_the_requests_of_both_colours() -> None:
    declared = declare(lambda: Service("backend", ARGS))
    target = declared.only("aws:appautoscaling/target:Target")
    assert (target["minCapacity"], target["maxCapacity"]) == (2, 10)
    assert target["resourceId"] == "service/cluster/arbor-test-backend"
    policies = declared.all("aws:appautoscaling/policy:Policy")
    tracked = {
        name: policy["targetTrackingScalingPolicyConfiguration"]
        for name, policy in policies.items()
    }
    assert {name: one["targetValue"] for name, one in tracked.items()} == {
        "backend-scaling-cpu": 60,
        "backend-scaling-memory": 70,
        "backend-scaling-requests": 1000,
    }
    metrics = tracked["backend-scaling-requests"]["customizedMetricSpecification"]["metrics"]
    assert metrics[-1]["expression"] == "blue + green"


def test_a_name_in_environment_and_secrets_is_refused() -> None:
    with pytest.raises(ValueError, match="PASSWORD is in both environment and secrets"):
        replace(CONTAINER, environment={"PASSWORD": "x"})


@pytest.mark.parametrize("user", ["root", "0", "0:0", ""])
def test_a_container_never_runs_as_root(user: str) -> None:
    with pytest.raises(ValueError, match="user must be a number other than 0"):
        replace(CONTAINER, user=user)


def test_a_service_without_a_port_is_refused() -> None:
    with pytest.raises(ValueError, match="arbor-test-backend: container must have a port"):
        replace(ARGS, container=replace(CONTAINER, port=None))


def test_a_target_group_name_over_awss_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 18 characters"):
        declare(lambda: Service("a-service-with-a-long-name", ARGS))


def test_migrations_connect_to_the_database_only() -> None:
    args = MigrationTaskArgs(
        family="arbor-test-migrations",
        container=CONTAINER,
        task_environment=TASK_ENVIRONMENT,
        log_group_arn="arn:logs:migrations",
        repository_arn="arn:ecr:backend",
        secret_arns=["arn:secret"],
        database=Egress(security_group_id="sg-db", port=5432),
    )
    declared = declare(lambda: MigrationTask("migrations", args))
    task = declared.only("aws:ecs/taskDefinition:TaskDefinition")
    (container,) = json.loads(plain(task["containerDefinitions"]))
    assert container["command"] == ["alembic", "upgrade", "head"]
    assert "portMappings" not in container
    (rule,) = declared.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").values()
    assert (rule["securityGroupId"], rule["fromPort"]) == ("sg-db", 5432)
