from typing import Any

import boto3

from row_example import Example


def _visible(metric: str) -> dict[str, Any]:
    return {
        "cloudwatchMetricsEnabled": True,
        "sampledRequestsEnabled": True,
        "metricName": metric,
    }


def _rate_limit(requests: int) -> dict[str, Any]:
    return {
        "name": "RateLimit",
        "priority": 0,
        "action": {"block": {}},
        "statement": {"rateBasedStatement": {"limit": requests, "aggregateKeyType": "IP"}},
        "visibilityConfig": _visible("RateLimit"),
    }


def _acl() -> dict[str, Any]:
    return {
        "name": "edge-acl",
        "scope": "REGIONAL",
        "description": "In front of the load balancer",
        "defaultAction": {"allow": {}},
        "rules": [
            _rate_limit(2000),
            {
                "name": "AWSManagedRulesCommonRuleSet",
                "priority": 1,
                "overrideAction": {"none": {}},
                "statement": {
                    "managedRuleGroupStatement": {
                        "name": "AWSManagedRulesCommonRuleSet",
                        "vendorName": "AWS",
                    }
                },
                "visibilityConfig": _visible("AWSManagedRulesCommonRuleSet"),
            },
        ],
        "visibilityConfig": _visible("edge"),
        "tags": {"Stack": "test", "Component": "edge"},
    }


def _association() -> dict[str, Any]:
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{letter}"
        )["Subnet"]["SubnetId"]
        for number, letter in enumerate("ab")
    ]
    balancer = boto3.client("elbv2").create_load_balancer(Name="arbor", Subnets=subnets)
    acl = boto3.client("wafv2").create_web_acl(
        Name="edge-acl",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        VisibilityConfig={
            "CloudWatchMetricsEnabled": True,
            "SampledRequestsEnabled": True,
            "MetricName": "edge",
        },
    )
    return {
        "webAclArn": acl["Summary"]["ARN"],
        "resourceArn": balancer["LoadBalancers"][0]["LoadBalancerArn"],
    }


EXAMPLES = {
    "aws:wafv2/webAcl:WebAcl": Example(
        inputs=_acl,
        change={
            "description": "The edge",
            "defaultAction": {"block": {}},
            "rules": [_rate_limit(1000)],
            "tags": {"Stack": "other"},
        },
    ),
    "aws:wafv2/webAclAssociation:WebAclAssociation": Example(inputs=_association),
}
