"""Checks after each call whether the load balancers still serve what they once served.

A request (a host and a path in a listener rule) is in production once a healthy target has served
it. From then on, after each call, the first rule that matches the request must forward it, and each
target group with a weight must have a healthy target. A weight on an empty group is an outage of
that share of the requests (503); a response without a target (404) is one of all of them.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
Not modelled: conditions other than host and path; a rule with one matches no request.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from wsgiref.types import WSGIEnvironment

from moto.elbv2.models import ELBv2Backend, FakeListener, FakeListenerRule, FakeRule, elbv2_backends

from pulumi_moto.shapes import Members, Params

Rule = FakeListenerRule | FakeRule
ANY = "observed"
"""Replaces `*` in the example request of a pattern."""


@dataclass(frozen=True, order=True)
class Request:
    """A request to a load balancer."""

    balancer: str
    """Its ARN."""
    port: int
    host: str
    path: str

    def __str__(self) -> str:
        return f"{self.host}{self.path} at port {self.port}"


@dataclass(frozen=True, kw_only=True)
class Outage:
    """A request that was served before a call, and not after it."""

    call: str
    """The first call of the outage: `elasticloadbalancing ModifyRule`."""
    request: Request
    rule: str
    """ARN of the rule that matched the request; empty without a listener."""
    reason: str
    calls: int = 1
    """Number of consecutive calls with the outage."""

    def as_json(self) -> Members:
        return {
            "call": self.call,
            "calls": self.calls,
            "host": self.request.host,
            "path": self.request.path,
            "port": self.request.port,
            "rule": self.rule,
            "reason": self.reason,
        }


@dataclass
class Observer:
    """Records the requests in production, and their outages."""

    _production: set[Request] = field(default_factory=set)
    _outages: list[Outage] = field(default_factory=list)
    _ongoing: dict[Request, int] = field(default_factory=dict)
    """Index of a request's ongoing outage in the list."""
    _listeners: dict[tuple[str, int], "_Listener"] = field(default_factory=dict)
    """By load balancer and port."""

    def observe(self, call: str) -> None:
        """Compare the account after the call with the requests in production."""
        self._listeners = dict(self._now())
        for request in sorted(self._production):
            listener = self._listeners.get((request.balancer, request.port))
            if listener is None:
                reason = f"nothing listens at port {request.port} of {request.balancer}"
                self._note(call, request, "", reason)
            else:
                self._note(call, request, *listener.judge(request))
        for listener in self._listeners.values():
            self._production.update(
                request
                for request in listener.named
                if request not in self._production and not listener.judge(request)[1]
            )

    def _now(self) -> Iterator[tuple[tuple[str, int], "_Listener"]]:
        for backend in _backends():
            for balancer in backend.load_balancers.values():
                for listener in balancer.listeners.values():
                    at = listener.load_balancer_arn, int(listener.port)
                    known, rules = self._listeners.get(at), _Listener.rules_of(listener)
                    if known is None or known.rules != rules:
                        known = _Listener(backend, at, rules)
                    known.forget_health()
                    yield at, known

    def _note(self, call: str, request: Request, rule: str, reason: str) -> None:
        if not reason:
            self._ongoing.pop(request, None)
            return
        place = self._ongoing.get(request)
        if place is not None and self._outages[place].reason == reason:
            found = self._outages[place]
            self._outages[place] = replace(found, calls=found.calls + 1)
            return
        self._ongoing[request] = len(self._outages)
        self._outages.append(Outage(call=call, request=request, rule=rule, reason=reason))

    def report(self, body: Params) -> Members:
        """Return outages and requests in production; `reset` clears the outages."""
        answer = {"outages": self.outages(), "production": self.production()}
        if body.get("reset"):
            self.reset()
        return answer

    def outages(self) -> list[Members]:
        """Return the outages since the last `reset`, oldest first."""
        return [outage.as_json() for outage in self._outages]

    def production(self) -> list[str]:
        """Return the requests in production."""
        return sorted(map(str, self._production))

    def reset(self) -> None:
        """Clear the outages; an ongoing one is recorded again."""
        self._outages.clear()
        self._ongoing.clear()

    def copy(self) -> "Observer":
        """Return an observer for a fork: the same requests in production, no outages."""
        return Observer(_production=set(self._production))


def call_of(environ: WSGIEnvironment, body: bytes) -> str:
    """Return the call's name: service and operation, or method and path for a REST API."""
    found = re.search(r"/\d{8}/[^/]+/([^/]+)/", str(environ.get("HTTP_AUTHORIZATION", "")))
    service = found.group(1) if found else "aws"
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return f"{service} {str(target).rsplit('.', 1)[-1]}"
    if action := re.search(rb"(?:^|&)Action=(\w+)", body):
        return f"{service} {action.group(1).decode()}"
    return f"{service} {environ['REQUEST_METHOD']} {environ['PATH_INFO']}"


def _backends() -> Iterator[ELBv2Backend]:
    for regions in list(elbv2_backends.values()):
        yield from list(regions.values())


RuleSet = tuple[tuple[Rule, object, object], ...]
"""The rules of a listener with their priorities and conditions."""


class _Listener:
    """The rule of each request, computed once per set of rules."""

    def __init__(self, backend: ELBv2Backend, at: tuple[str, int], rules: RuleSet) -> None:
        self.rules = rules
        self._backend = backend
        self._conditions = [(rule, _conditions(rule)) for rule in _in_order(rules)]
        self._first: dict[Request, Rule] = {}
        self._verdicts: dict[str, str] = {}
        """Reasons why a rule does not serve, by ARN; empty if it serves."""
        self.named = [
            request
            for rule, conditions in self._conditions
            for host in conditions.get("host-header") or [ANY]
            for path in conditions.get("path-pattern") or [f"/{ANY}"]
            for request in [Request(*at, _example(host), _example(path))]
            if self._answering(request) is rule
        ]
        """A request for each host and path of a rule that matches this rule first."""

    @staticmethod
    def rules_of(listener: FakeListener) -> RuleSet:
        """Return the rules; comparing two sets is cheap, because moto never mutates conditions."""
        return tuple((one, one.priority, one.conditions) for one in listener.rules.values())

    def forget_health(self) -> None:
        """Clear the verdicts: targets may change with each call."""
        self._verdicts.clear()

    def judge(self, request: Request) -> tuple[str, str]:
        """Return the ARN of the request's rule, and the reason if it does not serve."""
        rule = self._answering(request)
        if rule.arn not in self._verdicts:
            self._verdicts[rule.arn] = _verdict(self._backend, rule)
        return rule.arn, self._verdicts[rule.arn]

    def _answering(self, request: Request) -> Rule:
        if request not in self._first:
            self._first[request] = next(
                rule for rule, conditions in self._conditions if _matches(conditions, request)
            )
        return self._first[request]


def _in_order(rules: RuleSet) -> list[Rule]:
    """Return the rules in order of evaluation: by priority, the default rule last."""
    last = [rule for rule, _, _ in rules if rule.is_default]
    others = [rule for rule, _, _ in rules if not rule.is_default]
    return [*sorted(others, key=lambda rule: int(rule.priority)), *last]


def _verdict(backend: ELBv2Backend, rule: Rule) -> str:
    groups = _forwards(rule)
    if not groups:
        kinds = ", ".join(sorted({str(action.type) for action in rule.actions}))
        return f"the rule's action is {kinds}"
    for group, weight in groups.items():
        if weight and not _is_healthy(backend, group):
            return f"weight {weight} is on {group}, which has no healthy target"
    return "" if any(groups.values()) else "no target group has a weight"


def _forwards(rule: Rule) -> dict[str, int]:
    """Return the weights by target group; a plain forward has weight 1."""
    found: dict[str, int] = {}
    for action in rule.actions:
        groups = (action.data.get("ForwardConfig") or {}).get("TargetGroups")
        if groups:
            found |= {one["TargetGroupArn"]: int(one.get("Weight", 1)) for one in groups}
        elif "TargetGroupArn" in action.data:
            found[action.data["TargetGroupArn"]] = 1
    return found


def _is_healthy(backend: ELBv2Backend, arn: str) -> bool:
    group = backend.target_groups.get(arn)
    if group is None:
        return False
    ec2 = group.ec2_backend
    return any(group.health_for(one, ec2).status == "healthy" for one in group.targets.values())


def _conditions(rule: Rule) -> dict[str, list[str]]:
    """Return the values of each condition."""
    found: dict[str, list[str]] = {}
    for condition in rule.conditions:
        configs = (value for key, value in condition.items() if key.endswith("Config"))
        values = [*condition.get("Values", []), *(v for c in configs for v in c.get("Values", []))]
        found.setdefault(str(condition["Field"]), []).extend(map(str, values))
    return found


def _matches(conditions: dict[str, list[str]], request: Request) -> bool:
    body = {"host-header": request.host, "path-pattern": request.path}
    return all(
        name in body and any(_fits(pattern, body[name], name) for pattern in patterns)
        for name, patterns in conditions.items()
    )


def _example(pattern: str) -> str:
    return pattern.replace("*", ANY).replace("?", "o")


@functools.cache
def _fits(pattern: str, value: str, field_name: str) -> bool:
    """Match `*` and `?`; a path is case-sensitive, a host is not."""
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    flags = re.IGNORECASE if field_name == "host-header" else re.NOFLAG
    return re.fullmatch("".join(parts), value, flags) is not None
