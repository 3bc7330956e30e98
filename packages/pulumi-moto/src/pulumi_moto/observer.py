"""Watches, call by call, whether the load balancers serve what they once served.

A request (a host and a path that a listener's rule names) is in production from the moment it has
reached a healthy target. From then on the account is looked at after every call: the first rule
that matches the request must forward it, and every target group with a weight must have a healthy
target. A weight on an empty group is an outage of that share of the requests (503), an answer
without a target (404) is one of all of them.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
Not modelled: conditions other than host and path; a rule that has one is taken for one that
matches none of the requests.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeListener, FakeListenerRule, FakeRule, elbv2_backends

Rule = FakeListenerRule | FakeRule
ANY = "observed"
"""Stands for `*` in a request that is made up from a pattern."""


@dataclass(frozen=True, order=True)
class Request:
    """What is asked of a load balancer."""

    balancer: str
    """Its ARN."""
    port: int
    host: str
    path: str

    def __str__(self) -> str:
        return f"{self.host}{self.path} at port {self.port}"


@dataclass(frozen=True, kw_only=True)
class Outage:
    """A request that was served before, and was not after a call."""

    call: str
    """The first one after which it was so: `elasticloadbalancing ModifyRule`."""
    request: Request
    rule: str
    """ARN of the rule that matched the request; empty where there is no listener any more."""
    reason: str
    calls: int = 1
    """After how many calls in a row it was so."""

    def told(self) -> dict[str, Any]:
        """As JSON."""
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
    """Remembers what was in production, and each outage of it."""

    _production: set[Request] = field(default_factory=set)
    _outages: list[Outage] = field(default_factory=list)
    _ongoing: dict[Request, int] = field(default_factory=dict)
    """Where the outage of a request stands in the list."""
    _listeners: dict[tuple[str, int], "_Listener"] = field(default_factory=dict)
    """By load balancer and port."""

    def look(self, call: str) -> None:
        """Compare the account, as it is after the call, with what was in production before."""
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

    def told(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What was seen, and what is in production; `reset` drops what was seen."""
        answer = {"outages": self.outages(), "production": self.production()}
        if asked.get("reset"):
            self.reset()
        return answer

    def outages(self) -> list[dict[str, Any]]:
        """All that were seen since the last `reset`, the oldest first."""
        return [outage.told() for outage in self._outages]

    def production(self) -> list[str]:
        """The requests that have been served once."""
        return sorted(map(str, self._production))

    def reset(self) -> None:
        """Drop the outages that were seen; one that goes on is noted anew."""
        self._outages.clear()
        self._ongoing.clear()

    def copy(self) -> "Observer":
        """For a copy of the account: the same production, and no outage seen yet."""
        return Observer(_production=set(self._production))


def call_of(environ: dict[str, Any], body: bytes) -> str:
    """A name for a call: its service and operation, or method and path where it is REST."""
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


Snapshot = tuple[tuple[Rule, Any, Any], ...]
"""The rules of a listener, each with its priority and its conditions."""


class _Listener:
    """Which rule answers what: worked out once, for as long as rules and conditions stay."""

    def __init__(self, backend: ELBv2Backend, at: tuple[str, int], rules: Snapshot) -> None:
        self.rules = rules
        self._backend = backend
        self._conditions = [(rule, _conditions(rule)) for rule in _in_order(rules)]
        self._first: dict[Request, Rule] = {}
        self._verdicts: dict[str, str] = {}
        """By ARN of the rule: why it does not serve, if so."""
        self.named = [
            request
            for rule, conditions in self._conditions
            for host in conditions.get("host-header") or [ANY]
            for path in conditions.get("path-pattern") or [f"/{ANY}"]
            for request in [Request(*at, _example(host), _example(path))]
            if self._answering(request) is rule
        ]
        """A request for each pair of a host and a path that a rule names and answers itself."""

    @staticmethod
    def rules_of(listener: FakeListener) -> Snapshot:
        """Comparing two is cheap: moto gives a rule other conditions, and never changes them."""
        return tuple((one, one.priority, one.conditions) for one in listener.rules.values())

    def forget_health(self) -> None:
        """What targets there are is another matter after each call."""
        self._verdicts.clear()

    def judge(self, request: Request) -> tuple[str, str]:
        """ARN of the rule that answers, and why it does not serve the request, if so."""
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


def _in_order(rules: Snapshot) -> list[Rule]:
    """As they are evaluated: by priority, the default rule last."""
    last = [rule for rule, _, _ in rules if rule.is_default]
    others = [rule for rule, _, _ in rules if not rule.is_default]
    return [*sorted(others, key=lambda rule: int(rule.priority)), *last]


def _verdict(backend: ELBv2Backend, rule: Rule) -> str:
    groups = _forwards(rule)
    if not groups:
        kinds = ", ".join(sorted({str(action.type) for action in rule.actions}))
        return f"it is answered by {kinds}"
    for group, weight in groups.items():
        if weight and not _is_healthy(backend, group):
            return f"weight {weight} is on {group}, which has no healthy target"
    return "" if any(groups.values()) else "no target group has a weight"


def _forwards(rule: Rule) -> dict[str, int]:
    """Weight by target group; a plain forward is one of weight 1."""
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
    """The values of each condition."""
    found: dict[str, list[str]] = {}
    for condition in rule.conditions:
        configs = (value for key, value in condition.items() if key.endswith("Config"))
        values = [*condition.get("Values", []), *(v for c in configs for v in c.get("Values", []))]
        found.setdefault(str(condition["Field"]), []).extend(map(str, values))
    return found


def _matches(conditions: dict[str, list[str]], request: Request) -> bool:
    asked = {"host-header": request.host, "path-pattern": request.path}
    return all(
        name in asked and any(_fits(pattern, asked[name], name) for pattern in patterns)
        for name, patterns in conditions.items()
    )


def _example(pattern: str) -> str:
    return pattern.replace("*", ANY).replace("?", "o")


@functools.cache
def _fits(pattern: str, value: str, field_name: str) -> bool:
    """`*` is any number of characters, `?` is one; case counts in a path, and not in a host."""
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    flags = re.IGNORECASE if field_name == "host-header" else re.NOFLAG
    return re.fullmatch("".join(parts), value, flags) is not None
