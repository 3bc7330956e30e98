import json
from typing import Any

import boto3

from emulated_account import create_network
from row_example import Example

ROLE_POLICY = "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"


def _network() -> dict[str, Any]:
    ec2 = boto3.client("ec2")
    vpc, subnets = create_network()
    group = ec2.create_security_group(GroupName="backend", Description="backend", VpcId=vpc)
    return {"vpc": vpc, "subnets": subnets, "group": group["GroupId"]}


def _rules(network: dict[str, Any]) -> dict[str, str]:
    """The two target groups, and the rules that forward to both of them."""
    elbv2 = boto3.client("elbv2")
    balancer = elbv2.create_load_balancer(Name="shop", Subnets=network["subnets"])
    groups = [
        elbv2.create_target_group(
            Name=colour, Protocol="HTTP", Port=8000, VpcId=network["vpc"], TargetType="ip"
        )["TargetGroups"][0]["TargetGroupArn"]
        for colour in ("blue", "green")
    ]
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"][0]["ListenerArn"]
    both = [
        {"TargetGroupArn": arn, "Weight": weight}
        for arn, weight in zip(groups, (100, 0), strict=True)
    ]
    rules = [
        elbv2.create_rule(
            ListenerArn=listener,
            Priority=priority,
            Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": [host]}}],
            Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": both}}],
        )["Rules"][0]["RuleArn"]
        for priority, host in ((10, "green.shop.test"), (20, "shop.test"))
    ]
    return {"blue": groups[0], "green": groups[1], "test": rules[0], "production": rules[1]}


def _role() -> str:
    iam = boto3.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = iam.create_role(RoleName="blue-green", AssumeRolePolicyDocument=json.dumps(trust))
    iam.attach_role_policy(RoleName="blue-green", PolicyArn=ROLE_POLICY)
    return str(role["Role"]["Arn"])


def _cluster() -> tuple[str, str]:
    """A cluster's ARN, and that of a task definition."""
    ecs = boto3.client("ecs")
    cluster = ecs.create_cluster(clusterName="shop", capacityProviders=["FARGATE", "FARGATE_SPOT"])
    task = ecs.register_task_definition(
        family="backend",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="512",
        memory="1024",
        executionRoleArn="arn:aws:iam::123456789012:role/execution",
        containerDefinitions=[
            {"name": "backend", "image": "backend:1", "portMappings": [{"containerPort": 8000}]}
        ],
    )
    return cluster["cluster"]["clusterArn"], task["taskDefinition"]["taskDefinitionArn"]


def _alarm() -> str:
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName="backend-5xx",
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_Target_5XX_Count",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Statistic="Sum",
        Threshold=5,
    )
    return "backend-5xx"


def _pause(minutes: str) -> dict[str, Any]:
    return {
        "targetType": "PAUSE",
        "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
        "timeoutConfiguration": {"action": "ROLLBACK", "timeoutInMinutes": minutes},
    }


def _inputs() -> dict[str, Any]:
    network = _network()
    rules = _rules(network)
    cluster, task = _cluster()
    return {
        "name": "backend",
        "cluster": cluster,
        "taskDefinition": task,
        "desiredCount": 2,
        "schedulingStrategy": "REPLICA",
        "platformVersion": "1.4.0",
        "propagateTags": "SERVICE",
        "enableEcsManagedTags": True,
        "enableExecuteCommand": True,
        "healthCheckGracePeriodSeconds": 60,
        "availabilityZoneRebalancing": "ENABLED",
        "deploymentController": {"type": "ECS"},
        "capacityProviderStrategies": [
            {"capacityProvider": "FARGATE", "weight": 1, "base": 2},
            {"capacityProvider": "FARGATE_SPOT", "weight": 3},
        ],
        "networkConfiguration": {
            "subnets": network["subnets"],
            "securityGroups": [network["group"]],
            "assignPublicIp": False,
        },
        "loadBalancers": [
            {
                "targetGroupArn": rules["blue"],
                "containerName": "backend",
                "containerPort": 8000,
                "advancedConfiguration": {
                    "alternateTargetGroupArn": rules["green"],
                    "productionListenerRule": rules["production"],
                    "testListenerRule": rules["test"],
                    "roleArn": _role(),
                },
            }
        ],
        "alarms": {"alarmNames": [_alarm()], "enable": True, "rollback": True},
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "deploymentMaximumPercent": 200,
        "deploymentMinimumHealthyPercent": 100,
        "deploymentConfiguration": {
            "strategy": "BLUE_GREEN",
            "bakeTimeInMinutes": "5",
            "lifecycleHooks": [_pause("60")],
        },
        "waitForSteadyState": False,
        "sigintRollback": False,
        "forceNewDeployment": False,
        "forceDelete": True,
        "triggers": {"image": "1"},
        "tags": {"Stack": "test", "Component": "backend"},
    }


EXAMPLES = {
    # Waiting is tried in services/test_ecs_service.py: here the clock stands still.
    "aws:ecs/service:Service": Example(
        inputs=_inputs,
        change={
            "desiredCount": 3,
            "enableExecuteCommand": False,
            "availabilityZoneRebalancing": "DISABLED",
            "healthCheckGracePeriodSeconds": 90,
            "deploymentConfiguration": {
                "strategy": "BLUE_GREEN",
                "bakeTimeInMinutes": "0",
                "lifecycleHooks": [_pause("30")],
            },
            "deploymentCircuitBreaker": {"enable": False, "rollback": False},
            "triggers": {"image": "2"},
            "tags": {"Stack": "other"},
        },
    )
}
