import json
from typing import Any

import boto3

from emulated_account import create_network, third_subnet
from row_example import Example

TAGS = {"Stack": "test", "Component": "edge"}


def _network() -> tuple[str, list[str], str]:
    ec2 = boto3.client("ec2")
    vpc, subnets = create_network()
    group = ec2.create_security_group(GroupName="edge", Description="edge", VpcId=vpc)
    return vpc, subnets, group["GroupId"]


def _balancer() -> dict[str, Any]:
    _, subnets, group = _network()
    _log_bucket()
    return {
        "name": "shop",
        "internal": False,
        "loadBalancerType": "application",
        "ipAddressType": "ipv4",
        "subnets": subnets,
        "securityGroups": [group],
        "idleTimeout": 120,
        "enableDeletionProtection": False,
        "dropInvalidHeaderFields": True,
        "desyncMitigationMode": "strictest",
        "enableHttp2": True,
        "enableZonalShift": True,
        "accessLogs": {"bucket": "shop-access-logs", "prefix": "edge", "enabled": True},
        "tags": TAGS,
    }


def _log_bucket() -> None:
    """A bucket that ELB may write to: it tries when the logs are turned on."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::shop-access-logs/*",
    }
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="shop-access-logs")
    s3.put_bucket_policy(
        Bucket="shop-access-logs",
        Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def _other_group(given: dict[str, Any]) -> str:
    made = boto3.client("ec2").create_security_group(
        GroupName="other", Description="other", VpcId=_vpc(given)
    )
    return str(made["GroupId"])


def _vpc(given: dict[str, Any]) -> str:
    found = boto3.client("ec2").describe_subnets(SubnetIds=given["subnets"])
    return str(found["Subnets"][0]["VpcId"])


def _shifted(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All the weight on the other target group."""
    (forward,) = (action["forward"] for action in actions)
    groups = [{**group, "weight": 100 - group["weight"]} for group in forward["targetGroups"]]
    return [{"type": "forward", "forward": {**forward, "targetGroups": groups}}]


def _certificate(reference: str = "elb") -> str:
    """Issued, as HTTPS needs it."""
    acm, dns = boto3.client("acm"), boto3.client("route53")
    zone = dns.create_hosted_zone(Name="example.com", CallerReference=reference)["HostedZone"]["Id"]
    made = acm.request_certificate(DomainName="shop.example.com", ValidationMethod="DNS")
    arn = str(made["CertificateArn"])
    described = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    record = described["DomainValidationOptions"][0]["ResourceRecord"]
    record_set = {
        "Name": record["Name"],
        "Type": record["Type"],
        "TTL": 60,
        "ResourceRecords": [{"Value": record["Value"]}],
    }
    dns.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record_set}]},
    )
    return arn


def _made_balancer() -> str:
    _, subnets, group = _network()
    made = boto3.client("elbv2").create_load_balancer(
        Name="shop", Subnets=subnets, SecurityGroups=[group]
    )
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def _made_group(name: str) -> str:
    vpc = boto3.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made = boto3.client("elbv2").create_target_group(
        Name=name, Port=80, Protocol="HTTP", VpcId=vpc, TargetType="ip"
    )
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def _listener() -> dict[str, Any]:
    return {
        "loadBalancerArn": _made_balancer(),
        "port": 443,
        "protocol": "HTTPS",
        "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "certificateArn": _certificate(),
        "defaultActions": [
            {
                "type": "fixed-response",
                "fixedResponse": {
                    "contentType": "text/plain",
                    "messageBody": "Not found",
                    "statusCode": "404",
                },
            }
        ],
        "tags": TAGS,
    }


def _group() -> dict[str, Any]:
    vpc, _, _ = _network()
    return {
        "name": "backend-blue",
        "port": 8000,
        "protocol": "HTTP",
        "targetType": "ip",
        "vpcId": vpc,
        "deregistrationDelay": 60,
        "slowStart": 30,
        "loadBalancingAlgorithmType": "least_outstanding_requests",
        "healthCheck": {
            "enabled": True,
            "path": "/health",
            "port": "traffic-port",
            "protocol": "HTTP",
            "matcher": "200",
            "interval": 15,
            "timeout": 5,
            "healthyThreshold": 2,
            "unhealthyThreshold": 3,
        },
        "tags": TAGS,
    }


def _forward(blue: str, green: str) -> dict[str, Any]:
    return {
        "type": "forward",
        "forward": {
            "targetGroups": [{"arn": blue, "weight": 100}, {"arn": green, "weight": 0}],
            "stickiness": {"enabled": True, "duration": 300},
        },
    }


def _rule() -> dict[str, Any]:
    balancer = _made_balancer()
    blue, green = _made_group("blue"), _made_group("green")
    listener = boto3.client("elbv2").create_listener(
        LoadBalancerArn=balancer,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )
    return {
        "listenerArn": listener["Listeners"][0]["ListenerArn"],
        "priority": 10,
        "conditions": [
            {"hostHeader": {"values": ["shop.example.com"]}},
            {"pathPattern": {"values": ["/api/*", "/admin/*"]}},
        ],
        "actions": [_forward(blue, green)],
        "tags": TAGS,
    }


EXAMPLES = {
    "aws:lb/loadBalancer:LoadBalancer": Example(
        inputs=_balancer,
        change={
            "idleTimeout": 60,
            "enableDeletionProtection": True,
            "dropInvalidHeaderFields": False,
            "desyncMitigationMode": "monitor",
            "enableHttp2": False,
            "enableZonalShift": False,
            "ipAddressType": "dualstack",
            "accessLogs": {"bucket": "shop-access-logs", "enabled": False},
            "tags": {"Stack": "other"},
        },
        more={
            "subnets": lambda given: {"subnets": [*given["subnets"], third_subnet(_vpc(given))]},
            "securityGroups": lambda given: {"securityGroups": [_other_group(given)]},
        },
    ),
    "aws:lb/listener:Listener": Example(
        inputs=_listener,
        change={
            "port": 8443,
            "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
            "defaultActions": [
                {
                    "type": "redirect",
                    "redirect": {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"},
                }
            ],
            "tags": {"Stack": "other"},
        },
        more={
            "certificateArn": lambda _: {"certificateArn": _certificate("again")},
            "protocol": {"protocol": "HTTP", "certificateArn": None, "sslPolicy": None},
        },
    ),
    "aws:lb/targetGroup:TargetGroup": Example(
        inputs=_group,
        change={
            "deregistrationDelay": 30,
            "slowStart": 0,
            "loadBalancingAlgorithmType": "round_robin",
            "healthCheck": {"path": "/ready", "interval": 30},
            "tags": {"Stack": "other"},
        },
    ),
    "aws:lb/listenerRule:ListenerRule": Example(
        inputs=_rule,
        change={
            "priority": 20,
            "conditions": [{"hostHeader": {"values": ["test.example.com"]}}],
            "tags": {"Stack": "other"},
        },
        more={"actions": lambda given: {"actions": _shifted(given["actions"])}},
    ),
}
