"""WAF: what is refused of web ACLs and their rules."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulated_account import create_network

Client = Any
ACL = {"Name": "edge", "Scope": "REGIONAL"}
SHOWN = {"CloudWatchMetricsEnabled": True, "SampledRequestsEnabled": True, "MetricName": "edge"}
RATE: dict[str, dict[str, Any]] = {"RateBasedStatement": {"Limit": 2000, "AggregateKeyType": "IP"}}
GROUP = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}
BLOCK: dict[str, Any] = {"Action": {"Block": {}}}
KEEP: dict[str, Any] = {"OverrideAction": {"None": {}}}


@pytest.fixture
def waf() -> Client:
    return boto3.client("wafv2")


def rule(priority: int, statement: dict[str, Any], *actions: dict[str, Any]) -> dict[str, Any]:
    made = {"Name": f"rule-{priority}", "Priority": priority, "Statement": statement}
    for action in actions:
        made |= action
    return {**made, "VisibilityConfig": SHOWN}


def rate(**changes: Any) -> dict[str, Any]:
    return {"RateBasedStatement": RATE["RateBasedStatement"] | changes}


RULES = [rule(0, RATE, BLOCK), rule(1, GROUP, KEEP)]
WAIT = {"Block": {"CustomResponse": {"ResponseCode": 429, "CustomResponseBodyKey": "wait"}}}
BODIES = {"wait": {"ContentType": "TEXT_PLAIN", "Content": "Wait."}}


def create(waf: Client, **changes: Any) -> dict[str, Any]:
    params = {"DefaultAction": {"Allow": {}}, "VisibilityConfig": SHOWN, **ACL, **changes}
    made: dict[str, Any] = waf.create_web_acl(**params)["Summary"]
    return made


def update(waf: Client, made: dict[str, Any], **changes: Any) -> None:
    token = waf.get_web_acl(**ACL, Id=made["Id"])["LockToken"]
    params = {"DefaultAction": {"Allow": {}}, "VisibilityConfig": SHOWN, **ACL, **changes}
    waf.update_web_acl(Id=made["Id"], LockToken=token, **params)


def delete(waf: Client, made: dict[str, Any]) -> None:
    token = waf.get_web_acl(**ACL, Id=made["Id"])["LockToken"]
    waf.delete_web_acl(**ACL, Id=made["Id"], LockToken=token)


def balancer() -> str:
    _, subnets = create_network()
    made = boto3.client("elbv2").create_load_balancer(Name="edge", Subnets=subnets)
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"Name": "the edge"}, "'the edge' at 'name' failed to satisfy constraint"),
        ({"Description": "The team's edge"}, "at 'description' failed to satisfy constraint"),
        ({"Rules": [{**RULES[0], "Name": "rate limit"}]}, "'rate limit' at 'rules"),
        ({"Rules": [*RULES, rule(1, RATE, BLOCK)]}, "has the same priority"),
        ({"Rules": [rule(0, RATE)]}, "requires exactly one value"),
        ({"Rules": [rule(0, RATE, BLOCK, KEEP)]}, "requires exactly one value"),
        ({"Rules": [rule(0, RATE, KEEP)]}, "rule statement is not valid"),
        ({"Rules": [rule(0, GROUP, BLOCK)]}, "rule statement is not valid"),
        ({"Rules": [rule(0, rate(EvaluationWindowSec=90), BLOCK)]}, "window isn't valid"),
        ({"Rules": [rule(0, RATE, {"Action": WAIT})]}, "body isn't defined"),
    ],
)
def test_a_web_acl_that_waf_refuses_is_neither_made_nor_changed(
    waf: Client, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ClientError, match=sentence):
        create(waf, **changes)
    assert waf.list_web_acls(Scope="REGIONAL")["WebACLs"] == []
    made = create(waf, Rules=RULES, Description="The edge")
    if "Name" not in changes:
        with pytest.raises(ClientError, match=sentence):
            update(waf, made, **changes)
    kept = waf.get_web_acl(**ACL, Id=made["Id"])["WebACL"]["Rules"]
    assert [found["Name"] for found in kept] == ["rule-0", "rule-1"]


def test_an_update_without_rules_or_bodies_removes_them(waf: Client) -> None:
    made = create(waf, Rules=[rule(0, RATE, {"Action": WAIT})], CustomResponseBodies=BODIES)
    assert waf.get_web_acl(**ACL, Id=made["Id"])["WebACL"]["CustomResponseBodies"] == BODIES
    update(waf, made)
    found = waf.get_web_acl(**ACL, Id=made["Id"])["WebACL"]
    assert (found["Rules"], found.get("CustomResponseBodies") or {}) == ([], {})


def test_a_web_acl_is_deleted_only_without_associations(waf: Client) -> None:
    made, protected = create(waf), balancer()
    waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=protected)
    with pytest.raises(ClientError, match="WAFAssociatedItemException"):
        delete(waf, made)
    waf.disassociate_web_acl(ResourceArn=protected)
    delete(waf, made)


def test_a_load_balancer_that_is_gone_holds_no_web_acl(waf: Client) -> None:
    made, protected = create(waf), balancer()
    waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=protected)
    boto3.client("elbv2").delete_load_balancer(LoadBalancerArn=protected)
    delete(waf, made)


def test_a_resource_has_one_web_acl_the_last(waf: Client) -> None:
    first, second, protected = create(waf), create(waf, Name="other"), balancer()
    for acl in (first, second):
        waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=protected)
    found = waf.get_web_acl_for_resource(ResourceArn=protected)["WebACL"]["ARN"]
    assert found == second["ARN"]
    delete(waf, first)


def test_an_association_requires_an_existing_resource_and_web_acl(waf: Client) -> None:
    made, protected = create(waf), balancer()
    gone = "arn:aws:apigateway:us-east-1::/restapis/api/stages/prod"
    waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=gone)
    for acl, resource in ((made["ARN"], f"{protected}x"), (f"{made['ARN']}x", protected)):
        with pytest.raises(ClientError, match="WAFNonexistentItemException"):
            waf.associate_web_acl(WebACLArn=acl, ResourceArn=resource)


GROUP_ARN = "arn:aws:logs:us-east-1:123456789012:log-group:"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"LogDestinationConfigs": [f"{GROUP_ARN}shop-waf"]}, "WAFInvalidParameterException"),
        (
            {"LogDestinationConfigs": [f"{GROUP_ARN}aws-waf-logs-gone"]},
            "WAFLogDestinationPermissionIssueException",
        ),
        ({"RedactedFields": [{"Body": {}}]}, "WAFInvalidParameterException"),
        (
            {"ResourceArn": "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/gone/1"},
            "WAFNonexistentItemException",
        ),
    ],
)
def test_a_log_that_waf_could_not_write_is_refused(
    waf: Client, changes: dict[str, Any], code: str
) -> None:
    boto3.client("logs").create_log_group(logGroupName="aws-waf-logs-shop")
    params: dict[str, Any] = {
        "ResourceArn": create(waf)["ARN"],
        "LogDestinationConfigs": [f"{GROUP_ARN}aws-waf-logs-shop"],
        "RedactedFields": [{"SingleHeader": {"Name": "cookie"}}],
    }
    waf.put_logging_configuration(LoggingConfiguration=params)
    with pytest.raises(ClientError) as refused:
        waf.put_logging_configuration(LoggingConfiguration={**params, **changes})
    assert refused.value.response["Error"]["Code"] == code


def test_a_web_acl_lists_the_load_balancers_that_it_protects(waf: Client) -> None:
    made = create(waf, Rules=RULES)
    arn = balancer()

    def protected(**kind: str) -> list[str]:
        return list(waf.list_resources_for_web_acl(WebACLArn=made["ARN"], **kind)["ResourceArns"])

    assert protected() == []
    waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=arn)
    assert protected() == protected(ResourceType="APPLICATION_LOAD_BALANCER") == [arn]
    assert protected(ResourceType="API_GATEWAY") == []
    boto3.client("elbv2").delete_load_balancer(LoadBalancerArn=arn)
    assert protected() == []


def test_a_missing_web_acl_has_no_resources(waf: Client) -> None:
    made = create(waf)
    delete(waf, made)
    with pytest.raises(ClientError, match="WAFNonexistentItemException"):
        waf.list_resources_for_web_acl(WebACLArn=made["ARN"])
