"""Rules on what faces the internet: load balancer, listeners, firewall, certificates."""

import re
from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource

from guardrails.reading import given, items, of_type, part
from guardrails.references import names
from guardrails.rule import PRODUCTION, Props, Rule, StackRule

LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"
ACL = "aws:wafv2/webAcl:WebAcl"
ACL_ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"
CERTIFICATE = "aws:acm/certificate:Certificate"
TLS_POLICIES = ("ELBSecurityPolicy-TLS13-1-2-", "ELBSecurityPolicy-TLS13-1-3-")
"""Prefixes of the policies that accept TLS 1.2 and newer.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html"""
MANAGED_GROUPS = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
)
MAY_COUNT = "SizeRestrictions_BODY"
"""The one rule of those groups that refuses what users do; another one may block in its place."""
A_NAME = re.compile(r"[^*?.]")
"""A host that is wildcards and dots alone, such as `*`, is every host."""
Found = Iterator[tuple[str, PolicyResource | None]]


def _old_tls(props: Props) -> Iterator[str]:
    if props.get("protocol", "") != "HTTPS":
        return
    policy = props.get("sslPolicy", "")
    if not policy.startswith(TLS_POLICIES):
        yield f"The listener takes the policy {policy or 'that AWS gives it'}."


def _plain_http(props: Props) -> Iterator[str]:
    if props.get("protocol", "") != "HTTP":
        return
    for action in items(props, "defaultActions"):
        redirect = part(action, "redirect")
        if (redirect.get("protocol"), redirect.get("statusCode")) != ("HTTPS", "HTTP_301"):
            yield "The listener answers in the clear."


def _rules_in_the_clear(resources: Sequence[PolicyResource]) -> Found:
    listeners = [
        listener
        for listener in of_type(resources, LISTENER)
        if listener.props.get("protocol", "") == "HTTP"
    ]
    for rule in of_type(resources, LISTENER_RULE):
        for listener in listeners:
            if names(resources, rule, "listenerArn", listener):
                yield f"{rule.name} answers for {listener.name}, which is in the clear.", rule


def _unknown_hosts(props: Props) -> Iterator[str]:
    if props.get("protocol", "") != "HTTPS":
        return
    for action in items(props, "defaultActions"):
        answer = part(action, "fixedResponse")
        if str(answer.get("statusCode", "")) != "404":
            yield "A host that nobody has named gets another answer than 404."


def _any_host(props: Props) -> Iterator[str]:
    listed = [
        items(part(condition, "hostHeader"), "values") for condition in items(props, "conditions")
    ]
    if not any(len(hosts) and all(map(A_NAME.search, hosts)) for hosts in listed):
        yield "The rule answers for every host."


def _any_header(props: Props) -> Iterator[str]:
    if not props.get("dropInvalidHeaderFields", False):
        yield "Headers that aren't valid reach the application."


def _desync(props: Props) -> Iterator[str]:
    if props.get("desyncMitigationMode", "defensive") == "monitor":
        yield "Requests that two servers read differently are let through."


def _no_access_log(props: Props) -> Iterator[str]:
    if not part(props, "accessLogs").get("enabled", False):
        yield "Nobody can see who asked for what."


def _deletable(props: Props) -> Iterator[str]:
    if not props.get("enableDeletionProtection", False):
        yield "AWS would delete the load balancer when asked."


def _no_firewall(resources: Sequence[PolicyResource]) -> Found:
    associations = of_type(resources, ACL_ASSOCIATION)
    for balancer in of_type(resources, LOAD_BALANCER):
        if not balancer.props.get("internal", False) and not any(
            names(resources, one, "resourceArn", balancer) for one in associations
        ):
            yield f"{balancer.name} faces the internet without a firewall.", balancer


def _missing_groups(props: Props) -> Iterator[str]:
    named = {
        part(part(rule, "statement"), "managedRuleGroupStatement").get("name", "")
        for rule in items(props, "rules")
        # That override is for trying a group: it counts what the group would block.
        if not given(part(rule, "overrideAction"), "count")
    }
    for group in MANAGED_GROUPS:
        if group not in named:
            yield f"{group} is missing, or only counts."
    for rule in items(props, "rules"):
        managed = part(part(rule, "statement"), "managedRuleGroupStatement")
        for override in items(managed, "ruleActionOverrides"):
            if override.get("name") != MAY_COUNT and not given(
                part(override, "actionToUse"), "block"
            ):
                yield f"{override.get('name')} of {managed.get('name')} blocks nothing."


def _unlimited(props: Props) -> Iterator[str]:
    for rule in items(props, "rules"):
        limit = part(part(rule, "statement"), "rateBasedStatement")
        # With "not" it counts everybody except some; otherwise it counts some.
        counts_all = not given(limit, "scopeDownStatement") or given(
            part(limit, "scopeDownStatement"), "notStatement"
        )
        if given(limit, "limit") and counts_all and given(part(rule, "action"), "block"):
            return
    yield "One address may ask as often as it likes."


def _by_mail(props: Props) -> Iterator[str]:
    if props.get("validationMethod", "") != "DNS":
        yield "The certificate is renewed only when somebody answers a mail."


RULES: tuple[Rule | StackRule, ...] = (
    Rule(
        name="edge-tls",
        token=LISTENER,
        why="Browsers talk TLS 1.2 or newer to us.",
        fix="Set ssl_policy to ELBSecurityPolicy-TLS13-1-2-2021-06.",
        controls=("FSBP ELB.17",),
        check=_old_tls,
    ),
    Rule(
        name="edge-http-redirects",
        token=LISTENER,
        why="Nothing is answered in the clear.",
        fix="Let the default action redirect to HTTPS with HTTP_301.",
        controls=("FSBP ELB.1",),
        check=_plain_http,
    ),
    StackRule(
        name="edge-http-no-rules",
        why="A rule comes before the listener's redirect, and would answer in the clear.",
        fix="Put the rule on the HTTPS listener.",
        controls=("FSBP ELB.1",),
        check=_rules_in_the_clear,
    ),
    Rule(
        name="edge-unknown-hosts",
        token=LISTENER,
        why="A host that nobody has named reaches no service.",
        fix="Let the default action of the HTTPS listener answer 404.",
        controls=("design: load balancer",),
        check=_unknown_hosts,
    ),
    Rule(
        name="edge-rule-host",
        token=LISTENER_RULE,
        why="A service answers for its own host.",
        fix="Add a host_header condition.",
        controls=("design: load balancer",),
        check=_any_host,
    ),
    Rule(
        name="edge-invalid-headers",
        token=LOAD_BALANCER,
        why="A request that two servers read differently gets no chance.",
        fix="Set drop_invalid_header_fields to True.",
        controls=("FSBP ELB.4",),
        check=_any_header,
    ),
    Rule(
        name="edge-desync",
        token=LOAD_BALANCER,
        why="A request that two servers read differently gets no chance.",
        fix='Set desync_mitigation_mode to "defensive", or leave it out.',
        controls=("FSBP ELB.12",),
        check=_desync,
    ),
    Rule(
        name="edge-access-logs",
        token=LOAD_BALANCER,
        why="After an incident it can be seen who asked for what.",
        fix="Set access_logs with a bucket and enabled=True.",
        controls=("FSBP ELB.5",),
        check=_no_access_log,
    ),
    Rule(
        name="edge-deletion-protection",
        token=LOAD_BALANCER,
        why="No single mistake takes the site down.",
        fix="Set enable_deletion_protection to True.",
        controls=("FSBP ELB.6",),
        check=_deletable,
        environments=PRODUCTION,
    ),
    StackRule(
        name="edge-firewall",
        why="Known attacks end before the load balancer.",
        fix="Declare a WebAclAssociation for it.",
        controls=("Security Hub ELB.16",),
        check=_no_firewall,
    ),
    Rule(
        name="edge-firewall-groups",
        token=ACL,
        why="The firewall knows bad addresses, bad inputs and the common attacks.",
        fix="Add the managed rule group of AWS.",
        controls=("FSBP WAF.10",),
        check=_missing_groups,
    ),
    Rule(
        name="edge-rate-limit",
        token=ACL,
        why="One address can't take all of the service.",
        fix="Add a rate_based_statement whose action is block.",
        controls=("design: load balancer",),
        check=_unlimited,
    ),
    Rule(
        name="edge-certificate-dns",
        token=CERTIFICATE,
        why="The certificate renews by itself.",
        fix='Set validation_method to "DNS".',
        controls=("FSBP ACM.1", "runbook: certificate"),
        check=_by_mail,
    ),
)
