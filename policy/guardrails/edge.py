"""Rules on the load balancer, its listeners, the web ACL and certificates."""

import re
from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource

from guardrails.reading import given, items, nested, of_type
from guardrails.references import names
from guardrails.rule import PRODUCTION, Found, Props, Rule, StackRule

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
"""The one rule of those groups that blocks legitimate requests; a path-scoped rule replaces it."""
LITERAL = re.compile(r"[^*?.]")
"""A host of wildcards and dots alone, such as `*`, matches every host."""


def _old_tls(props: Props) -> Iterator[str]:
    if props.get("protocol", "") != "HTTPS":
        return
    policy = props.get("sslPolicy", "")
    if not policy.startswith(TLS_POLICIES):
        yield f"The HTTPS listener uses {policy or 'the default security policy'}."


def _plain_http(props: Props) -> Iterator[str]:
    if props.get("protocol", "") != "HTTP":
        return
    for action in items(props, "defaultActions"):
        redirect = nested(action, "redirect")
        if (redirect.get("protocol"), redirect.get("statusCode")) != ("HTTPS", "HTTP_301"):
            yield "The HTTP listener does not redirect to HTTPS."


def _http_rules(resources: Sequence[PolicyResource]) -> Found:
    listeners = [
        listener
        for listener in of_type(resources, LISTENER)
        if listener.props.get("protocol", "") == "HTTP"
    ]
    for rule in of_type(resources, LISTENER_RULE):
        for listener in listeners:
            if names(resources, rule, "listenerArn", listener):
                yield f"{rule.name} belongs to the HTTP listener {listener.name}.", rule


def _default_not_404(props: Props) -> Iterator[str]:
    if props.get("protocol", "") != "HTTPS":
        return
    for action in items(props, "defaultActions"):
        answer = nested(action, "fixedResponse")
        if str(answer.get("statusCode", "")) != "404":
            yield "The default action of the HTTPS listener is not a 404 response."


def _any_host(props: Props) -> Iterator[str]:
    listed = [
        items(nested(condition, "hostHeader"), "values") for condition in items(props, "conditions")
    ]
    if not any(len(hosts) and all(map(LITERAL.search, hosts)) for hosts in listed):
        yield "The listener rule matches every host."


def _invalid_headers(props: Props) -> Iterator[str]:
    if not props.get("dropInvalidHeaderFields", False):
        yield "Invalid headers reach the application."


def _forwards_ambiguous(props: Props) -> Iterator[str]:
    if props.get("desyncMitigationMode", "defensive") == "monitor":
        yield "Ambiguous requests are forwarded."


def _no_access_log(props: Props) -> Iterator[str]:
    if not nested(props, "accessLogs").get("enabled", False):
        yield "The load balancer writes no access logs."


def _no_deletion_protection(props: Props) -> Iterator[str]:
    if not props.get("enableDeletionProtection", False):
        yield "The load balancer has no deletion protection."


def _no_web_acl(resources: Sequence[PolicyResource]) -> Found:
    associations = of_type(resources, ACL_ASSOCIATION)
    for balancer in of_type(resources, LOAD_BALANCER):
        if not balancer.props.get("internal", False) and not any(
            names(resources, one, "resourceArn", balancer) for one in associations
        ):
            yield f"The internet-facing {balancer.name} has no web ACL.", balancer


def _missing_groups(props: Props) -> Iterator[str]:
    named = {
        nested(nested(rule, "statement"), "managedRuleGroupStatement").get("name", "")
        for rule in items(props, "rules")
        # The override "count" turns every block of the group into a count.
        if not given(nested(rule, "overrideAction"), "count")
    }
    for group in MANAGED_GROUPS:
        if group not in named:
            yield f"The web ACL lacks {group}, or only counts its matches."
    for rule in items(props, "rules"):
        managed = nested(nested(rule, "statement"), "managedRuleGroupStatement")
        for override in items(managed, "ruleActionOverrides"):
            if override.get("name") != MAY_COUNT and not given(
                nested(override, "actionToUse"), "block"
            ):
                yield f"{override.get('name')} of {managed.get('name')} does not block."


def _no_rate_limit(props: Props) -> Iterator[str]:
    for rule in items(props, "rules"):
        limit = nested(nested(rule, "statement"), "rateBasedStatement")
        # A "not" statement exempts some addresses; any other scope covers only some.
        counts_all = not given(limit, "scopeDownStatement") or given(
            nested(limit, "scopeDownStatement"), "notStatement"
        )
        if given(limit, "limit") and counts_all and given(nested(rule, "action"), "block"):
            return
    yield "The web ACL has no rate limit for all addresses."


def _validated_by_email(props: Props) -> Iterator[str]:
    if props.get("validationMethod", "") != "DNS":
        yield "The certificate needs an answered e-mail to renew."


RULES: tuple[Rule | StackRule, ...] = (
    Rule(
        name="edge-tls",
        token=LISTENER,
        why="Clients connect with TLS 1.2 or newer.",
        fix='Set ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06" (components/load_balancer.py).',
        controls=("FSBP ELB.17",),
        check=_old_tls,
    ),
    Rule(
        name="edge-http-redirects",
        token=LISTENER,
        why="No response is sent without TLS.",
        fix="Redirect to HTTPS with HTTP_301 in default_actions (components/load_balancer.py).",
        controls=("FSBP ELB.1",),
        check=_plain_http,
    ),
    StackRule(
        name="edge-http-no-rules",
        why="A listener rule takes precedence over the redirect and would respond without TLS.",
        fix="Set listener_arn to the HTTPS listener.",
        controls=("FSBP ELB.1",),
        judges=(LISTENER, LISTENER_RULE),
        check=_http_rules,
    ),
    Rule(
        name="edge-unknown-hosts",
        token=LISTENER,
        why="Requests for unknown hosts reach no service.",
        fix="Set a fixed response 404 in default_actions (components/load_balancer.py).",
        controls=("design: load balancer",),
        check=_default_not_404,
    ),
    Rule(
        name="edge-rule-host",
        token=LISTENER_RULE,
        why="A service responds for its own host only.",
        fix="Add a host_header condition (components/blue_green.py).",
        controls=("design: load balancer",),
        check=_any_host,
    ),
    Rule(
        name="edge-invalid-headers",
        token=LOAD_BALANCER,
        why="Invalid headers enable request smuggling.",
        fix="Set drop_invalid_header_fields=True (components/load_balancer.py).",
        controls=("FSBP ELB.4",),
        check=_invalid_headers,
    ),
    Rule(
        name="edge-desync",
        token=LOAD_BALANCER,
        why="Ambiguous requests enable request smuggling.",
        fix='Set desync_mitigation_mode="defensive", or omit it (components/load_balancer.py).',
        controls=("FSBP ELB.12",),
        check=_forwards_ambiguous,
    ),
    Rule(
        name="edge-access-logs",
        token=LOAD_BALANCER,
        why="Access logs show who requested what during an incident.",
        fix="Set access_logs with a bucket and enabled=True (components/load_balancer.py).",
        controls=("FSBP ELB.5",),
        check=_no_access_log,
    ),
    Rule(
        name="edge-deletion-protection",
        token=LOAD_BALANCER,
        why="One mistaken call must not delete the load balancer.",
        fix="Set enable_deletion_protection=True (arbor:protectData).",
        controls=("FSBP ELB.6",),
        check=_no_deletion_protection,
        environments=PRODUCTION,
    ),
    StackRule(
        name="edge-firewall",
        why="AWS WAF blocks known attacks before they reach the load balancer.",
        fix="Declare a WebAclAssociation for it (components/web_acl.py).",
        controls=("Security Hub ELB.16",),
        judges=(LOAD_BALANCER, ACL_ASSOCIATION),
        check=_no_web_acl,
    ),
    Rule(
        name="edge-firewall-groups",
        token=ACL,
        why="The managed groups block bad addresses, bad inputs and common attacks.",
        fix="Use the managed rule group with override_action none (components/web_acl_rules.py).",
        controls=("FSBP WAF.10",),
        check=_missing_groups,
    ),
    Rule(
        name="edge-rate-limit",
        token=ACL,
        why="One address must not exhaust the service.",
        fix="Add a rate_based_statement with the action block (components/web_acl_rules.py).",
        controls=("design: load balancer",),
        check=_no_rate_limit,
    ),
    Rule(
        name="edge-certificate-dns",
        token=CERTIFICATE,
        why="ACM renews a DNS-validated certificate automatically.",
        fix='Set validation_method="DNS" (components/certificate.py).',
        controls=("FSBP ACM.1", "runbook: certificate"),
        check=_validated_by_email,
    ),
)
