"""The emulated ECS: tasks, blue/green, pauses, rollbacks, on a clock that the test moves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from emulator import correction, corrections
from emulator.clock import CLOCK
from emulator.ecs.deployment import BLUE_GREEN_STAGES, STAGE_SECONDS

CLUSTER, SERVICE, FAMILY = "arbor", "backend", "backend"
BAKE = 5


@dataclass(frozen=True)
class World:
    """A cluster with a load balancer, both rules on both groups."""

    ecs: Any
    elb: Any
    subnets: list[str]
    security_group: str
    blue: str
    green: str
    production: str
    test: str

    def network(self) -> dict[str, Any]:
        return {
            "awsvpcConfiguration": {
                "subnets": self.subnets,
                "securityGroups": [self.security_group],
            }
        }

    def asked(self, **changes: Any) -> dict[str, Any]:
        return {
            "cluster": CLUSTER,
            "serviceName": SERVICE,
            "taskDefinition": FAMILY,
            "desiredCount": 2,
            "launchType": "FARGATE",
            "networkConfiguration": self.network(),
            "enableExecuteCommand": True,
            "loadBalancers": [
                {
                    "targetGroupArn": self.blue,
                    "containerName": "backend",
                    "containerPort": 8000,
                    "advancedConfiguration": {
                        "alternateTargetGroupArn": self.green,
                        "productionListenerRule": self.production,
                        "testListenerRule": self.test,
                        "roleArn": "arn:aws:iam::123456789012:role/ecs",
                    },
                }
            ],
            "deploymentConfiguration": {
                "strategy": "BLUE_GREEN",
                "bakeTimeInMinutes": BAKE,
            },
            **changes,
        }

    def create(self, **changes: Any) -> None:
        self.ecs.create_service(**self.asked(**changes))

    def service(self) -> dict[str, Any]:
        found = self.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
        return dict(found[0])

    def newest(self) -> dict[str, Any]:
        listed = self.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)
        arn = listed["serviceDeployments"][0]["serviceDeploymentArn"]
        found = self.ecs.describe_service_deployments(serviceDeploymentArns=[arn])
        return dict(found["serviceDeployments"][0])

    def serving(self, rule: str) -> str:
        """The group with all the weight."""
        action = self.elb.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"][0]
        (group,) = [g for g in action["ForwardConfig"]["TargetGroups"] if g["Weight"] == 100]
        return str(group["TargetGroupArn"])

    def healthy(self, group: str) -> int:
        found = self.elb.describe_target_health(TargetGroupArn=group)
        states = [t["TargetHealth"]["State"] for t in found["TargetHealthDescriptions"]]
        return states.count("healthy")

    def release(self) -> None:
        register(self.ecs)
        self.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=FAMILY)

    def finish(self) -> None:
        CLOCK.advance(3600)
        self.newest()

    def until(self, stage: str) -> None:
        for _ in BLUE_GREEN_STAGES:
            if self.newest()["lifecycleStage"] == stage:
                return
            CLOCK.advance(STAGE_SECONDS)
        raise AssertionError(f"never reached {stage}")


def register(ecs: Any, **changes: Any) -> str:
    container = {
        "name": "backend",
        "image": "registry.example/backend:v1",
        "portMappings": [{"containerPort": 8000}],
    }
    made = ecs.register_task_definition(
        family=FAMILY,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{**container, **changes}],
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert corrections
    correction.apply()
    with mock_aws():
        ec2, elb, ecs = (boto3.client(name) for name in ("ec2", "elbv2", "ecs"))
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        # Without names moto's network interfaces have none, and its tasks then fail.
        ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        subnets = [
            ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}"
            )["Subnet"]["SubnetId"]
            for n, zone in enumerate("ab")
        ]
        group = ec2.create_security_group(GroupName="t", Description="d", VpcId=vpc)["GroupId"]
        balancer = elb.create_load_balancer(Name="lb", Subnets=subnets)["LoadBalancers"][0]
        blue, green = (
            elb.create_target_group(
                Name=name, Port=8000, Protocol="HTTP", VpcId=vpc, TargetType="ip"
            )["TargetGroups"][0]["TargetGroupArn"]
            for name in ("blue", "green")
        )
        listener = elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[
                {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
            ],
        )["Listeners"][0]["ListenerArn"]
        rules = [
            elb.create_rule(
                ListenerArn=listener,
                Priority=priority,
                Conditions=[{"Field": "host-header", "Values": [host]}],
                Actions=[forward(blue, green)],
            )["Rules"][0]["RuleArn"]
            for priority, host in ((10, "green.example"), (20, "example"))
        ]
        ecs.create_cluster(clusterName=CLUSTER)
        register(ecs)
        yield World(ecs, elb, subnets, group, blue, green, rules[1], rules[0])


def forward(*groups: str) -> dict[str, Any]:
    weighted = [
        {"TargetGroupArn": group, "Weight": 0 if number else 100}
        for number, group in enumerate(groups)
    ]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}


def test_a_service_keeps_what_it_is_given_and_runs_its_tasks(world: World) -> None:
    world.create()
    world.finish()
    service = world.service()
    assert service["deploymentConfiguration"]["strategy"] == "BLUE_GREEN"
    assert service["enableExecuteCommand"] is True
    assert (service["runningCount"], len(service["deployments"])) == (2, 1)
    tasks = world.ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"]
    assert len(tasks) == 2
    assert world.ecs.list_tasks(cluster=CLUSTER, serviceName="another")["taskArns"] == []


def test_the_first_deployment_goes_to_the_group_without_traffic(world: World) -> None:
    world.create()
    world.finish()
    assert world.newest()["status"] == "SUCCESSFUL"
    assert world.serving(world.production) == world.serving(world.test) == world.green
    assert (world.healthy(world.green), world.healthy(world.blue)) == (2, 0)


def test_a_deployment_moves_test_traffic_first_then_production_then_stops_the_old(
    world: World,
) -> None:
    world.create()
    world.finish()
    world.release()

    world.until("POST_SCALE_UP")
    assert (world.healthy(world.blue), world.healthy(world.green)) == (2, 2)
    assert world.serving(world.test) == world.green
    world.until("TEST_TRAFFIC_SHIFT")
    assert (world.serving(world.test), world.serving(world.production)) == (
        world.blue,
        world.green,
    )
    world.until("PRODUCTION_TRAFFIC_SHIFT")
    assert world.serving(world.production) == world.blue
    world.until("BAKE_TIME")
    CLOCK.advance(BAKE * 60 - 1)
    assert world.newest()["lifecycleStage"] == "BAKE_TIME"
    assert world.healthy(world.green) == 2
    CLOCK.advance(1)
    assert world.newest()["lifecycleStage"] == "CLEAN_UP"
    assert (world.healthy(world.green), world.healthy(world.blue)) == (0, 2)
    world.finish()
    assert world.newest()["status"] == "SUCCESSFUL"


PAUSE = {
    "targetType": "PAUSE",
    "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
    "timeoutConfiguration": {"timeoutInMinutes": 60, "action": "ROLLBACK"},
}


def paused(world: World) -> dict[str, Any]:
    """A second deployment that waits for a person."""
    world.create()
    world.finish()
    configuration = {**world.asked()["deploymentConfiguration"], "lifecycleHooks": [PAUSE]}
    world.ecs.update_service(
        cluster=CLUSTER, service=SERVICE, deploymentConfiguration=configuration
    )
    world.release()
    world.until("POST_TEST_TRAFFIC_SHIFT")
    CLOCK.advance(1800)
    found = world.newest()
    assert found["lifecycleStage"] == "POST_TEST_TRAFFIC_SHIFT"
    assert (world.serving(world.test), world.serving(world.production)) == (
        world.blue,
        world.green,
    )
    return found


def answer(world: World, deployment: dict[str, Any], action: str) -> None:
    (hook,) = deployment["lifecycleHookDetails"]
    assert hook["status"] == "AWAITING_ACTION"
    world.ecs.continue_service_deployment(
        serviceDeploymentArn=deployment["serviceDeploymentArn"],
        hookId=hook["hookId"],
        action=action,
    )


def test_a_pause_waits_until_a_person_continues(world: World) -> None:
    answer(world, paused(world), "CONTINUE")
    world.finish()
    assert world.newest()["status"] == "SUCCESSFUL"
    assert world.serving(world.production) == world.blue


def test_a_person_can_roll_back_from_a_pause(world: World) -> None:
    answer(world, paused(world), "ROLLBACK")
    assert world.newest()["status"] == "ROLLBACK_SUCCESSFUL"
    assert world.serving(world.test) == world.serving(world.production) == world.green
    assert (world.healthy(world.blue), world.healthy(world.green)) == (0, 2)


def test_nobody_at_the_pause_rolls_back(world: World) -> None:
    paused(world)
    CLOCK.advance(1800)
    assert world.newest()["status"] == "ROLLBACK_SUCCESSFUL"


def test_a_rule_that_lacks_a_group_rolls_back_and_says_which(world: World) -> None:
    world.create()
    world.finish()
    world.elb.modify_rule(RuleArn=world.production, Actions=[forward(world.green)])
    world.release()
    world.finish()
    found = world.newest()
    assert found["status"] == "ROLLBACK_SUCCESSFUL"
    assert world.blue in found["statusReason"]
    assert world.service()["taskDefinition"].endswith(":1")
    assert world.healthy(world.green) == 2


def test_an_alarm_rolls_back(world: World) -> None:
    alarms = {"alarmNames": ["backend-5xx"], "enable": True, "rollback": True}
    configuration = {**world.asked()["deploymentConfiguration"], "alarms": alarms}
    world.create(deploymentConfiguration=configuration)
    world.finish()
    cloudwatch = boto3.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="backend-5xx",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="m",
        Namespace="n",
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )
    world.release()
    world.until("BAKE_TIME")
    cloudwatch.set_alarm_state(AlarmName="backend-5xx", StateValue="ALARM", StateReason="test")
    assert world.newest()["status"] == "ROLLBACK_SUCCESSFUL"
    assert world.serving(world.production) == world.green


def test_a_running_deployment_can_be_stopped_and_a_finished_one_not(world: World) -> None:
    world.create()
    world.finish()
    world.release()
    running = world.newest()["serviceDeploymentArn"]
    world.ecs.stop_service_deployment(serviceDeploymentArn=running, stopType="ROLLBACK")
    assert world.newest()["status"] == "ROLLBACK_SUCCESSFUL"
    with pytest.raises(ClientError, match="can't be stopped"):
        world.ecs.stop_service_deployment(serviceDeploymentArn=running, stopType="ROLLBACK")


def test_scaling_starts_no_deployment(world: World) -> None:
    world.create()
    world.finish()
    world.ecs.update_service(cluster=CLUSTER, service=SERVICE, desiredCount=5)
    assert (
        len(
            world.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)[
                "serviceDeployments"
            ]
        )
        == 1
    )
    assert (world.service()["runningCount"], world.healthy(world.green)) == (5, 5)
    world.ecs.update_service(cluster=CLUSTER, service=SERVICE, desiredCount=1)
    assert (world.service()["runningCount"], world.healthy(world.green)) == (1, 1)


def test_a_stopped_task_is_replaced(world: World) -> None:
    world.create()
    world.finish()
    first = world.ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"]
    world.ecs.stop_task(cluster=CLUSTER, task=first[0])
    then = world.ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"]
    assert len(then) == 2
    assert first[0] not in then


def test_deleting_a_service_takes_its_targets_out_and_frees_its_name(world: World) -> None:
    world.create()
    world.finish()
    with pytest.raises(ClientError, match="scaled above 0"):
        world.ecs.delete_service(cluster=CLUSTER, service=SERVICE)
    world.ecs.delete_service(cluster=CLUSTER, service=SERVICE, force=True)
    assert (world.healthy(world.blue), world.healthy(world.green)) == (0, 0)
    world.create()


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"networkConfiguration": None}, "Network Configuration must be provided"),
        ({"taskDefinition": "unknown"}, "Unable to describe task definition"),
        ({"loadBalancers": [{"containerName": "web"}]}, "did not have a container port"),
        ({"loadBalancers": [{"containerPort": 1}]}, "did not have a container port 1"),
        ({"loadBalancers": [{"targetGroupArn": "gone"}]}, "does not exist"),
        ({"loadBalancers": [{"advancedConfiguration": None}]}, "advancedConfiguration is required"),
    ],
)
def test_a_service_that_could_not_run_is_refused(
    world: World, changes: dict[str, Any], refusal: str
) -> None:
    asked = world.asked()
    balancer = asked["loadBalancers"][0]
    if "loadBalancers" in changes:
        patch = changes["loadBalancers"][0]
        if patch.get("targetGroupArn") == "gone":
            patch = {"targetGroupArn": world.blue.replace("targetgroup/blue", "targetgroup/gone")}
        changes = {"loadBalancers": [{k: v for k, v in {**balancer, **patch}.items() if v}]}
    wanted = {key: value for key, value in {**asked, **changes}.items() if value is not None}
    with pytest.raises(ClientError, match=refusal):
        world.ecs.create_service(**wanted)


def test_a_second_service_of_the_name_is_refused(world: World) -> None:
    world.create()
    with pytest.raises(ClientError, match="not idempotent"):
        world.create()


def test_a_task_that_was_run_ends_with_its_exit_code(world: World) -> None:
    def run(*command: str) -> dict[str, Any]:
        overrides = {"containerOverrides": [{"name": "backend", "command": list(command)}]}
        started = world.ecs.run_task(
            cluster=CLUSTER,
            taskDefinition=FAMILY,
            launchType="FARGATE",
            networkConfiguration=world.network(),
            overrides=overrides,
        )["tasks"][0]["taskArn"]
        found = world.ecs.describe_tasks(cluster=CLUSTER, tasks=[started])["tasks"][0]
        assert found["lastStatus"] == "RUNNING"
        CLOCK.advance(60)
        return dict(world.ecs.describe_tasks(cluster=CLUSTER, tasks=[started])["tasks"][0])

    good, bad = run("alembic", "upgrade", "head"), run("sh", "-c", "exit 3")
    assert (good["lastStatus"], good["containers"][0]["exitCode"]) == ("STOPPED", 0)
    assert bad["containers"][0]["exitCode"] == 3


def test_exec_answers_only_for_tasks_that_were_started_with_it(world: World) -> None:
    world.create()
    world.finish()
    (task, *_) = world.ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"]

    def execute(arn: str) -> Any:
        return world.ecs.execute_command(
            cluster=CLUSTER, task=arn, container="backend", interactive=True, command="sh"
        )

    assert execute(task)["session"]["sessionId"]
    closed = world.ecs.run_task(
        cluster=CLUSTER,
        taskDefinition=FAMILY,
        launchType="FARGATE",
        networkConfiguration=world.network(),
    )["tasks"][0]["taskArn"]
    with pytest.raises(ClientError, match="was not enabled"):
        execute(closed)


def test_revisions_are_listed_the_newest_first_when_asked(world: World) -> None:
    for _ in range(10):
        register(world.ecs)
    listed = world.ecs.list_task_definitions(familyPrefix=FAMILY, sort="DESC")
    revisions = [int(arn.rsplit(":", 1)[1]) for arn in listed["taskDefinitionArns"]]
    assert revisions == list(range(11, 0, -1))


def test_a_cluster_with_a_service_is_not_deleted(world: World) -> None:
    world.create()
    with pytest.raises(ClientError, match="Services are active"):
        world.ecs.delete_cluster(cluster=CLUSTER)
