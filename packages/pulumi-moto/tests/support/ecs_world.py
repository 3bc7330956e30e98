"""An account with a cluster and a load balancer, for the tests of ECS.

The clock is stopped; a test advances it.
"""

import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3

from emulated_account import create_network, emulated
from pulumi_moto.clock import CLOCK
from pulumi_moto.ecs.deployment import BLUE_GREEN_STAGES, REQUEST_SECONDS, STAGE_SECONDS
from saved_state import saved

CLUSTER, SERVICE, FAMILY, ALARM = "shop", "backend", "backend", "backend-5xx"
BAKE = 5
ROLE = "infrastructure"
HOUR = 3600.0
PAUSE = {
    "targetType": "PAUSE",
    "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
    "timeoutConfiguration": {"timeoutInMinutes": 60, "action": "ROLLBACK"},
}
LINKED = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
MANAGES = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "elasticloadbalancing:*", "Resource": "*"}],
}


@dataclass(frozen=True)
class World:
    """A cluster, a load balancer with both rules on both groups, and one task definition."""

    subnets: list[str]
    security_group: str
    blue: str
    green: str
    production: str
    test: str
    role: str

    @property
    def ecs(self) -> Any:
        return client("ecs")

    @property
    def elb(self) -> Any:
        return client("elbv2")

    def network(self) -> dict[str, Any]:
        return {
            "awsvpcConfiguration": {
                "subnets": self.subnets,
                "securityGroups": [self.security_group],
            }
        }

    def balancer(self) -> dict[str, Any]:
        return {
            "targetGroupArn": self.blue,
            "containerName": "backend",
            "containerPort": 8000,
            "advancedConfiguration": {
                "alternateTargetGroupArn": self.green,
                "productionListenerRule": self.production,
                "testListenerRule": self.test,
                "roleArn": self.role,
            },
        }

    def params(self, **changes: Any) -> dict[str, Any]:
        """Return parameters of create_service; a change to None omits the parameter."""
        params = {
            "cluster": CLUSTER,
            "serviceName": SERVICE,
            "taskDefinition": FAMILY,
            "desiredCount": 2,
            "launchType": "FARGATE",
            "networkConfiguration": self.network(),
            "enableExecuteCommand": True,
            "loadBalancers": [self.balancer()],
            "deploymentConfiguration": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": BAKE},
            **changes,
        }
        return {key: value for key, value in params.items() if value is not None}

    def create(self, **changes: Any) -> None:
        self.ecs.create_service(**self.params(**changes))

    def deployed(self, **changes: Any) -> None:
        """Create a service and finish its first deployment; green serves."""
        self.create(**changes)
        self.finish()

    def update(self, **changes: Any) -> None:
        self.ecs.update_service(cluster=CLUSTER, service=SERVICE, **changes)

    def release(self) -> str:
        """Register a revision and deploy it; returns its ARN."""
        arn = register(self.ecs)
        self.update(taskDefinition=FAMILY)
        return arn

    def service(self) -> dict[str, Any]:
        found = self.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
        return dict(found[0])

    def history(self) -> list[str]:
        """Return the states of all deployments, newest first."""
        listed = self.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)
        return [deployment["status"] for deployment in listed["serviceDeployments"]]

    def newest(self) -> dict[str, Any]:
        listed = self.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)
        arn = listed["serviceDeployments"][0]["serviceDeploymentArn"]
        found = self.ecs.describe_service_deployments(serviceDeploymentArns=[arn])
        return dict(found["serviceDeployments"][0])

    def roll_back(self) -> None:
        """Stop the newest deployment and start its rollback."""
        self.ecs.stop_service_deployment(serviceDeploymentArn=self.newest()["serviceDeploymentArn"])
        CLOCK.advance(REQUEST_SECONDS)

    def tasks(self, **params: Any) -> list[dict[str, Any]]:
        arns = self.ecs.list_tasks(cluster=CLUSTER, **params)["taskArns"]
        return self.described(*arns) if arns else []

    def described(self, *arns: str) -> list[dict[str, Any]]:
        return list(self.ecs.describe_tasks(cluster=CLUSTER, tasks=list(arns))["tasks"])

    def run(self, *command: str, **changes: Any) -> str:
        """Run one task of the family; returns its ARN."""
        overrides = {"containerOverrides": [{"name": "backend", "command": list(command)}]}
        params = {
            "cluster": CLUSTER,
            "taskDefinition": FAMILY,
            "launchType": "FARGATE",
            "networkConfiguration": self.network(),
            "overrides": overrides if command else None,
            **changes,
        }
        started = self.ecs.run_task(**{k: v for k, v in params.items() if v is not None})
        return str(started["tasks"][0]["taskArn"])

    def weights(self, rule: str) -> dict[str, int]:
        action = self.elb.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"][0]
        groups = action["ForwardConfig"]["TargetGroups"]
        return {group["TargetGroupArn"]: int(group["Weight"]) for group in groups}

    def serving(self, rule: str) -> str:
        """Return the group with weight 100."""
        (group,) = [arn for arn, weight in self.weights(rule).items() if weight == 100]
        return group

    def served(self) -> tuple[str, str]:
        """Return the serving groups of the test rule and of the production rule."""
        return self.serving(self.test), self.serving(self.production)

    def healthy(self, group: str) -> int:
        found = self.elb.describe_target_health(TargetGroupArn=group)
        states = [t["TargetHealth"]["State"] for t in found["TargetHealthDescriptions"]]
        return states.count("healthy")

    def targets(self) -> tuple[int, int]:
        """Return the number of healthy targets in blue and in green."""
        return self.healthy(self.blue), self.healthy(self.green)

    def point(self, rule: str, *weights: tuple[str, int]) -> None:
        """Change a rule by hand."""
        self.elb.modify_rule(RuleArn=rule, Actions=[forward(*weights)])

    def finish(self) -> None:
        CLOCK.advance(HOUR)
        self.newest()

    def until(self, stage: str) -> None:
        """Advance the clock until the newest deployment has entered the stage."""
        for _ in BLUE_GREEN_STAGES:
            now = self.newest()["lifecycleStage"]
            if now == stage:
                return
            CLOCK.advance(BAKE * 60 if now == "BAKE_TIME" else STAGE_SECONDS)
        raise AssertionError(f"never reached {stage}")


@functools.cache
def client(service: str) -> Any:
    """Return a client that all tests share: creating one takes longer than most tests."""
    return boto3.Session("testing", "testing", region_name="us-east-1").client(service)


def register(ecs: Any, family: str = FAMILY, **changes: Any) -> str:
    """Register a revision with one container; returns its ARN."""
    container = {
        "name": "backend",
        "image": "registry.example/backend:v1",
        "portMappings": [{"containerPort": 8000}],
    }
    made = ecs.register_task_definition(
        family=family,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{**container, **changes}],
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


def forward(*weights: tuple[str, int]) -> dict[str, Any]:
    groups = [{"TargetGroupArn": group, "Weight": weight} for group, weight in weights]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def ring(state: str = "ALARM", *, name: str = ALARM) -> None:
    """Set the state of a deployment alarm; create a missing one."""
    cloudwatch = client("cloudwatch")
    if not cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]:
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            MetricName="m",
            Namespace="n",
            Period=60,
            Statistic="Sum",
            Threshold=1,
        )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a drill")


@contextmanager
@saved
def world() -> Iterator[World]:
    """A new account."""
    with emulated():
        ec2, elb, ecs, iam = (client(name) for name in ("ec2", "elbv2", "ecs", "iam"))
        vpc, subnets = create_network()
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
        test, production = (
            elb.create_rule(
                ListenerArn=listener,
                Priority=priority,
                Conditions=[{"Field": "host-header", "Values": [host]}],
                Actions=[forward((blue, 100), (green, 0))],
            )["Rules"][0]["RuleArn"]
            for priority, host in ((10, "green.example"), (20, "example"))
        )
        made = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(LINKED))
        iam.put_role_policy(RoleName=ROLE, PolicyName="elb", PolicyDocument=json.dumps(MANAGES))
        ecs.create_cluster(clusterName=CLUSTER)
        register(ecs)
        role = made["Role"]["Arn"]
        yield World(subnets, group, blue, green, production, test, role)
