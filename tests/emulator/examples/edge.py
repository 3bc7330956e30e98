"""Examples of the rows of ACM, Route 53, ELB and WAF."""

from typing import Any

import boto3

from row_example import Example

TAGS = {"Stack": "test"}
OTHER = {"Stack": "other", "More": "yes"}
HOST = "arbor.example"


def elb() -> Any:
    return boto3.client("elbv2")


def subnets() -> tuple[str, list[str]]:
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{z}")
        for n, z in enumerate("ab")
    ]
    return str(vpc), [str(subnet["Subnet"]["SubnetId"]) for subnet in made]


def security_group(vpc: str) -> str:
    made = boto3.client("ec2").create_security_group(GroupName="lb", Description="d", VpcId=vpc)
    return str(made["GroupId"])


def zone() -> str:
    made = boto3.client("route53").create_hosted_zone(Name=HOST, CallerReference="1")
    return str(made["HostedZone"]["Id"].split("/")[-1])


def certificate() -> str:
    acm = boto3.client("acm")
    arn = acm.request_certificate(DomainName=HOST, ValidationMethod="DNS")["CertificateArn"]
    record = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"][
        0
    ]["ResourceRecord"]
    boto3.client("route53").change_resource_record_sets(
        HostedZoneId=zone(),
        ChangeBatch={
            "Changes": [
                {
                    "Action": "CREATE",
                    "ResourceRecordSet": {
                        "Name": record["Name"],
                        "Type": "CNAME",
                        "TTL": 60,
                        "ResourceRecords": [{"Value": record["Value"]}],
                    },
                }
            ]
        },
    )
    return str(arn)


def balancer() -> dict[str, Any]:
    vpc, in_zones = subnets()
    return {
        "name": "edge",
        "subnets": in_zones,
        "securityGroups": [security_group(vpc)],
        "internal": False,
        "loadBalancerType": "application",
        "idleTimeout": 90,
        "dropInvalidHeaderFields": True,
        "enableDeletionProtection": False,
        "accessLogs": {"enabled": True, "bucket": "logs"},
        "tags": TAGS,
    }


def balancer_arn() -> tuple[str, str]:
    vpc, in_zones = subnets()
    made = elb().create_load_balancer(Name="edge", Subnets=in_zones)["LoadBalancers"][0]
    return vpc, str(made["LoadBalancerArn"])


def redirect(port: str) -> list[dict[str, Any]]:
    to = {"port": port, "protocol": "HTTPS", "statusCode": "HTTP_301"}
    return [{"type": "redirect", "redirect": to}]


NOT_FOUND = {"contentType": "text/plain", "messageBody": "no", "statusCode": "404"}
FIXED = [{"type": "fixed-response", "fixedResponse": NOT_FOUND}]


def listener() -> dict[str, Any]:
    _, arn = balancer_arn()
    return {
        "loadBalancerArn": arn,
        "port": 443,
        "protocol": "HTTPS",
        "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "certificateArn": certificate(),
        "defaultActions": FIXED,
        "tags": TAGS,
    }


def target_group() -> dict[str, Any]:
    return {
        "name": "blue",
        "port": 8000,
        "protocol": "HTTP",
        "vpcId": subnets()[0],
        "targetType": "ip",
        "deregistrationDelay": 60,
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


def forward(groups: list[str], weights: tuple[int, int]) -> list[dict[str, Any]]:
    weighted = [{"arn": g, "weight": w} for g, w in zip(groups, weights, strict=True)]
    return [{"type": "forward", "forward": {"targetGroups": weighted}}]


def rule() -> dict[str, Any]:
    vpc, arn = balancer_arn()
    groups = [
        elb().create_target_group(Name=name, Port=80, Protocol="HTTP", VpcId=vpc, TargetType="ip")[
            "TargetGroups"
        ][0]["TargetGroupArn"]
        for name in ("blue", "green")
    ]
    made = elb().create_listener(
        LoadBalancerArn=arn,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "forward", "TargetGroupArn": groups[0]}],
    )
    return {
        "listenerArn": made["Listeners"][0]["ListenerArn"],
        "priority": 10,
        "conditions": [{"hostHeader": {"values": [HOST]}}, {"pathPattern": {"values": ["/a/*"]}}],
        "actions": forward(groups, (100, 0)),
        "tags": TAGS,
    }


def visible(name: str) -> dict[str, Any]:
    return {
        "cloudwatchMetricsEnabled": True,
        "sampledRequestsEnabled": True,
        "metricName": name,
    }


def limit(requests: int) -> list[dict[str, Any]]:
    return [
        {
            "name": "RateLimit",
            "priority": 0,
            "action": {"block": {}},
            "statement": {"rateBasedStatement": {"limit": requests, "aggregateKeyType": "IP"}},
            "visibilityConfig": visible("rate"),
        }
    ]


def acl() -> dict[str, Any]:
    return {
        "name": "edge",
        "scope": "REGIONAL",
        "description": "edge",
        "defaultAction": {"allow": {}},
        "rules": limit(2000),
        "visibilityConfig": visible("edge"),
        "tags": TAGS,
    }


def association() -> dict[str, Any]:
    made = boto3.client("wafv2").create_web_acl(
        Name="edge",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        Rules=[],
        VisibilityConfig={
            "CloudWatchMetricsEnabled": True,
            "SampledRequestsEnabled": True,
            "MetricName": "edge",
        },
    )
    return {"webAclArn": made["Summary"]["ARN"], "resourceArn": balancer_arn()[1]}


def alias(evaluate: bool) -> list[dict[str, Any]]:  # noqa: FBT001 - one flag, named at its use
    target = {"name": "edge.elb.amazonaws.com", "zoneId": "Z35SXDOTRQ7X7K"}
    return [{**target, "evaluateTargetHealth": evaluate}]


EXAMPLES = {
    "aws:acm/certificate:Certificate": Example(
        inputs=lambda: {
            "domainName": HOST,
            "subjectAlternativeNames": [f"green.{HOST}"],
            "validationMethod": "DNS",
            "tags": TAGS,
        },
        change={"tags": OTHER},
    ),
    "aws:acm/certificateValidation:CertificateValidation": Example(
        inputs=lambda: {"certificateArn": certificate(), "validationRecordFqdns": ["_a.example"]}
    ),
    "aws:route53/zone:Zone": Example(
        inputs=lambda: {"name": HOST, "comment": "ours", "tags": TAGS},
        change={"comment": "theirs", "tags": OTHER},
    ),
    "aws:route53/record:Record": Example(
        inputs=lambda: {
            "zoneId": zone(),
            "name": f"www.{HOST}",
            "type": "CNAME",
            "ttl": 60,
            "records": [HOST],
            "allowOverwrite": True,
        },
        beside=({"aliases": alias(evaluate=True)},),
        change={"ttl": 300},
    ),
    "aws:lb/loadBalancer:LoadBalancer": Example(
        inputs=balancer, change={"idleTimeout": 60, "tags": OTHER}
    ),
    "aws:lb/listener:Listener": Example(
        inputs=listener, change={"defaultActions": redirect("444"), "tags": OTHER}
    ),
    "aws:lb/targetGroup:TargetGroup": Example(
        inputs=target_group, change={"deregistrationDelay": 30, "tags": OTHER}
    ),
    "aws:lb/listenerRule:ListenerRule": Example(
        inputs=rule, change={"priority": 20, "tags": OTHER}
    ),
    "aws:wafv2/webAcl:WebAcl": Example(inputs=acl, change={"rules": limit(1000), "tags": OTHER}),
    "aws:wafv2/webAclAssociation:WebAclAssociation": Example(inputs=association),
}
