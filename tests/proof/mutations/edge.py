"""Changes that violate the rules on the edge."""

from typing import Any

from proof.mutation import Mutation

BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
ACL = "aws:wafv2/webAcl:WebAcl"
WELCOME = [
    {
        "type": "fixed-response",
        "fixed_response": {"content_type": "text/plain", "status_code": "200"},
    }
]
FORBIDDEN = [
    {
        "type": "fixed-response",
        "fixed_response": {"content_type": "text/plain", "status_code": "403"},
    }
]
REDIRECT = [
    {
        "type": "redirect",
        "redirect": {"port": "443", "protocol": "HTTPS", "status_code": "HTTP_301"},
    }
]


def _balancer(rule: str, what: str, **inputs: object) -> Mutation:
    return Mutation(rule=rule, what=what, token=BALANCER, resource="balancer", inputs=inputs)


def _listener(rule: str, what: str, listener: str, **inputs: object) -> Mutation:
    return Mutation(rule=rule, what=what, token=LISTENER, resource=listener, inputs=inputs)


def _silent(inputs: dict[str, Any]) -> None:
    inputs["access_logs"] = {**inputs["access_logs"], "enabled": False}


def _fewer_rules(inputs: dict[str, Any]) -> None:
    bad_inputs = "AWSManagedRulesKnownBadInputsRuleSet"
    inputs["rules"] = [rule for rule in inputs["rules"] if rule["name"] != bad_inputs]


def _only_counted(inputs: dict[str, Any]) -> None:
    inputs["rules"] = [
        {**rule, "override_action": {"count": {}}} if "override_action" in rule else rule
        for rule in inputs["rules"]
    ]


def _lenient(inputs: dict[str, Any]) -> None:
    _, _, common, *_ = inputs["rules"]
    group = common["statement"]["managed_rule_group_statement"]
    group["rule_action_overrides"] = [
        {"name": "CrossSiteScripting_BODY", "action_to_use": {"count": {}}}
    ]


def _no_limit(inputs: dict[str, Any]) -> None:
    inputs["rules"] = inputs["rules"][1:]


MUTATIONS = (
    _listener(
        "edge-tls", "TLS 1.0 is accepted", "balancer-https", ssl_policy="ELBSecurityPolicy-2016"
    ),
    _listener(
        "edge-http-redirects", "HTTP gets a response", "balancer-http", default_actions=WELCOME
    ),
    _listener(
        "edge-http-no-rules",
        "the services' listener uses HTTP",
        "balancer-https",
        protocol="HTTP",
        ssl_policy=None,
        certificate_arn=None,
        default_actions=REDIRECT,
    ),
    _listener(
        "edge-unknown-hosts", "every host gets a page", "balancer-https", default_actions=WELCOME
    ),
    _listener(
        "edge-unknown-hosts",
        "an unknown host gets 403",
        "balancer-https",
        default_actions=FORBIDDEN,
    ),
    Mutation(
        rule="edge-rule-host",
        what="the backend responds for every host",
        token="aws:lb/listenerRule:ListenerRule",
        resource="backend-production",
        inputs={"conditions": [{"path_pattern": {"values": ["/api/*"]}}]},
    ),
    Mutation(
        rule="edge-rule-host",
        what="the backend's host is a wildcard",
        token="aws:lb/listenerRule:ListenerRule",
        resource="backend-production",
        inputs={"conditions": [{"host_header": {"values": ["*"]}}]},
    ),
    _balancer("edge-invalid-headers", "invalid headers pass", drop_invalid_header_fields=False),
    _balancer("edge-desync", "ambiguous requests pass", desync_mitigation_mode="monitor"),
    Mutation(
        rule="edge-access-logs",
        what="requests aren't logged",
        token=BALANCER,
        resource="balancer",
        edit=_silent,
    ),
    _balancer(
        "edge-deletion-protection",
        "the load balancer can be deleted",
        enable_deletion_protection=False,
    ),
    Mutation(
        rule="edge-firewall",
        what="the web ACL protects another load balancer",
        token="aws:wafv2/webAclAssociation:WebAclAssociation",
        resource="firewall-association",
        inputs={
            "resource_arn": "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/other/1"
        },
    ),
    Mutation(
        rule="edge-firewall-groups",
        what="the web ACL lacks the group for bad inputs",
        token=ACL,
        resource="firewall-acl",
        edit=_fewer_rules,
    ),
    Mutation(
        rule="edge-firewall-groups",
        what="a managed group only counts attacks",
        token=ACL,
        resource="firewall-acl",
        edit=_only_counted,
    ),
    Mutation(
        rule="edge-firewall-groups",
        what="one rule of a managed group only counts",
        token=ACL,
        resource="firewall-acl",
        edit=_lenient,
    ),
    Mutation(
        rule="edge-rate-limit",
        what="the rate limit is missing",
        token=ACL,
        resource="firewall-acl",
        edit=_no_limit,
    ),
    Mutation(
        rule="edge-certificate-dns",
        what="the certificate is validated by e-mail",
        token="aws:acm/certificate:Certificate",
        resource="certificate-certificate",
        inputs={"validation_method": "EMAIL"},
    ),
)
