"""WAF: web ACLs in use, and refused rules and logs."""

import json
import re
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.elbv2.models import elbv2_backends
from moto.logs.models import logs_backends
from moto.wafv2.exceptions import WAFNonexistentItemException, WAFv2ClientError
from moto.wafv2.models import FakeLoggingConfiguration, FakeWebACL, WAFV2Backend
from moto.wafv2.responses import WAFV2Response

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.shapes import Members

NAME = re.compile(r"[\w\-]{1,128}", re.ASCII)
DESCRIPTION = re.compile(r"[\w+=:#@/\-,.][\w+=:#@/\-,.\s]+[\w+=:#@/\-,.]", re.ASCII)
REDACTABLE = {"Method", "QueryString", "SingleHeader", "UriPath"}
"""https://docs.aws.amazon.com/waf/latest/APIReference/API_LoggingConfiguration.html"""
GROUPS = {"ManagedRuleGroupStatement", "RuleGroupReferenceStatement"}

WINDOWS = (60, 120, 300, 600)
"""Evaluation windows of a rate-based rule, in seconds.
https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html"""

NOT_ONE = "You have used none or multiple values for a field that requires exactly one value."


def _refuse_pattern(field: str, value: str, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(value):
        raise WAFv2ClientError(
            "ValidationException",
            f"1 validation error detected: Value '{value}' at '{field}' failed to satisfy "
            f"constraint: Member must satisfy regular expression pattern: ^{pattern.pattern}$",
        )


def _invalid(reason: str, parameter: str) -> WAFv2ClientError:
    return WAFv2ClientError(
        "WAFInvalidParameterException",
        f"Error reason: {reason}, field: RULE, parameter: {parameter}",
    )


def _refuse_rules(rules: list[Members], bodies: Members | None) -> None:
    taken: set[int] = set()
    for rule in rules:
        _refuse_pattern("rules.member.name", rule["Name"], NAME)
        if rule["Priority"] in taken:
            raise _invalid("Another rule has the same priority.", str(rule["Priority"]))
        taken.add(rule["Priority"])
        if ("Action" in rule) is ("OverrideAction" in rule):
            raise _invalid(NOT_ONE, "Rule")
        if bool(GROUPS & rule["Statement"].keys()) is not ("OverrideAction" in rule):
            raise _invalid("A reference in your rule statement is not valid.", "Statement")
        _refuse_window(rule["Statement"].get("RateBasedStatement", {}))
        answer = rule.get("Action", {}).get("Block", {}).get("CustomResponse", {})
        key = answer.get("CustomResponseBodyKey")
        if key is not None and key not in (bodies or {}):
            raise _invalid("The custom response body isn't defined.", key)


def _refuse_window(counted: Members) -> None:
    seconds = counted.get("EvaluationWindowSec", 300)
    if seconds not in WINDOWS:
        raise _invalid("The evaluation window isn't valid.", str(seconds))


def _exists(self: WAFV2Backend, arn: str) -> bool:
    """Return whether a load balancer exists; other resources are not checked."""
    if ":elasticloadbalancing:" not in arn:
        return True
    return arn in elbv2_backends[self.account_id][self.region_name].load_balancers


@corrects(
    WAFV2Backend,
    moto="accepts any name, duplicate priorities, the wrong kind of action, any rate window, and a "
    "custom response without its body",
    aws="refuses those",
)
def create_web_acl(
    original: Replacement, self: WAFV2Backend, name: str, *args: Any, **kwargs: Any
) -> FakeWebACL:
    _visibility, _default, _scope, description, _tags, rules, *_others, bodies, _domains = args
    _refuse_pattern("name", name, NAME)
    if description is not None:
        _refuse_pattern("description", description, DESCRIPTION)
    _refuse_rules(rules, bodies)
    made: FakeWebACL = original(self, name, *args, **kwargs)
    return made


@corrects(
    WAFV2Backend,
    moto="accepts what create_web_acl refuses; an update without rules or response bodies keeps "
    "the old ones",
    aws="refuses that; an update without them removes them",
)
def update_web_acl(
    original: Replacement, self: WAFV2Backend, name: str, _id: str, *args: Any, **kwargs: Any
) -> str:
    _default, rules, description, _visibility, _token, bodies, *_ = args
    if description is not None:
        _refuse_pattern("description", description, DESCRIPTION)
    _refuse_rules(rules or [], bodies)
    token = str(original(self, name, _id, *args, **kwargs))
    acl = self.get_web_acl(None, name, _id)
    if not rules:
        acl.rules = []
    acl.custom_response_bodies = bodies
    return token


@corrects(
    WAFV2Backend,
    moto="accepts a missing resource, and several web ACLs for one resource",
    aws="refuses the first; replaces a resource's web ACL",
)
def associate_web_acl(
    original: Replacement, self: WAFV2Backend, web_acl_arn: str, resource_arn: str
) -> None:
    if web_acl_arn not in self.wacls or not _exists(self, resource_arn):
        raise WAFNonexistentItemException
    self.disassociate_web_acl(resource_arn)
    original(self, web_acl_arn, resource_arn)


PROTECTED = {
    "APPLICATION_LOAD_BALANCER": ":elasticloadbalancing:",
    "API_GATEWAY": ":apigateway:",
    "APPSYNC": ":appsync:",
    "COGNITO_USER_POOL": ":cognito-idp:",
    "APP_RUNNER_SERVICE": ":apprunner:",
    "VERIFIED_ACCESS_INSTANCE": ":verified-access-instance/",
    "AMPLIFY": ":amplify:",
}
"""Resource types of a regional web ACL, and the common part of their ARNs."""


@corrects(
    WAFV2Response,
    moto="is not implemented",
    aws="lists the associated resources, load balancers by default",
)
def list_resources_for_web_acl(_original: None, self: WAFV2Response) -> TYPE_RESPONSE:
    params = json.loads(self.body)
    acl = self.wafv2_backend.wacls.get(params["WebACLArn"])
    if acl is None:
        raise WAFNonexistentItemException
    kind = PROTECTED[params.get("ResourceType", "APPLICATION_LOAD_BALANCER")]
    found = [arn for arn in acl.associated_resources if kind in arn]
    arns = [arn for arn in found if _exists(self.wafv2_backend, arn)]
    return 200, {"Content-Type": "application/json"}, json.dumps({"ResourceArns": arns})


@corrects(
    WAFV2Backend,
    moto="deletes an associated web ACL",
    aws="refuses it with WAFAssociatedItemException",
)
def delete_web_acl(
    original: Replacement, self: WAFV2Backend, name: str, scope: str, _id: str, lock_token: str
) -> None:
    acl = self.get_web_acl(None, name, _id)
    if any(_exists(self, arn) for arn in acl.associated_resources):
        raise WAFv2ClientError(
            "WAFAssociatedItemException",
            "AWS WAF couldn’t perform the operation because your resource is being used by "  # noqa: RUF001 - AWS's words
            "another resource or it’s associated with another resource.",  # noqa: RUF001 - AWS's words
        )
    original(self, name, scope, _id, lock_token)


@corrects(
    WAFV2Backend,
    moto="accepts any web ACL, destination and redacted field",
    aws="requires an existing web ACL and log group, and one destination named aws-waf-logs-*; "
    "redacts method, query string, path or a header",
)
def put_logging_configuration(
    original: Replacement,
    self: WAFV2Backend,
    arn: str,
    log_destination_configs: list[str],
    redacted_fields: list[Members] | None,
    *args: object,
) -> FakeLoggingConfiguration:
    if arn not in self.wacls:
        raise WAFNonexistentItemException
    if len(log_destination_configs) != 1:
        raise _invalid_log("You can define one logging destination.", "LOG_DESTINATION")
    (destination,) = log_destination_configs
    name = destination.removesuffix(":*").rsplit(":", 1)[-1].rsplit("/", 1)[-1]
    if not name.startswith("aws-waf-logs-"):
        raise _invalid_log("The ARN isn't valid.", "LOG_DESTINATION")
    if (
        ":logs:" in destination
        and name not in logs_backends[self.account_id][self.region_name].groups
    ):
        raise WAFv2ClientError(
            "WAFLogDestinationPermissionIssueException",
            "Unable to deliver logs to the configured destination.",
        )
    for redacted in redacted_fields or []:
        if len(redacted) != 1 or not redacted.keys() <= REDACTABLE:
            raise _invalid_log("The field can't be redacted.", "REDACTED_FIELDS")
    made: FakeLoggingConfiguration = original(
        self, arn, log_destination_configs, redacted_fields, *args
    )
    return made


def _invalid_log(reason: str, parameter: str) -> WAFv2ClientError:
    return WAFv2ClientError(
        "WAFInvalidParameterException",
        f"Error reason: {reason}, field: {parameter}, parameter: {parameter}",
    )
