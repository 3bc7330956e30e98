"""docs/architecture.dot and .svg: drawn from the resources that the program registered.

Nothing here names a component: what stands in which subnets, and who may talk to whom, is read
from the deployed stack's own state (subnet ids and security group rules).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

WORLD = "0.0.0.0/0"
INTERNET = "internet"
TIERS = ("public", "private", "isolated")
SUBNET = "aws:ec2/subnet:Subnet"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
SKIPPED = ("pulumi:", "random:")
REGIONAL = "regional and global services"
COLUMNS = 4
COLORS = {"public": "#fefcbf", "private": "#e6fffa", "isolated": "#ebf4ff", None: "#f7fafc"}
STYLE = {
    tier: f'style="rounded,filled"; fillcolor="{color}"; color="#cbd5e0"; fontsize=12;'
    for tier, color in COLORS.items()
}


@dataclass(frozen=True, kw_only=True)
class Box:
    """One outermost component, with its own resources counted by type."""

    name: str
    kind: str
    tier: str | None
    """The subnets it stands in, or None for a regional service."""
    zones: int
    resources: Counter[str]

    def node(self) -> str:
        return f'"{self.name}" [label=<{self.label()}>];'

    def label(self) -> str:
        counted = sorted(self.resources.items())
        lines = [f"{number} x {kind}" if number > 1 else kind for kind, number in counted]
        where = f"in {self.zones} zones" if self.tier and self.zones > 1 else ""
        return _html([self.name, f"{self.kind} {where}".strip()], lines)


@dataclass(frozen=True, kw_only=True)
class Picture:
    boxes: tuple[Box, ...]
    traffic: tuple[tuple[str, str, str], ...]
    """From, to, and the ports that security groups open for it."""
    subnets: Mapping[str, tuple[str, ...]]
    """CIDR blocks by tier."""

    def dot(self, title: str) -> str:
        """Graphviz source; the same state gives the same text."""
        lines = [
            "digraph arbor {",
            f'  label="{title}"; labelloc=t; fontname="Helvetica"; fontsize=20; rankdir=TB;',
            "  newrank=true; nodesep=0.35; ranksep=0.7; splines=true; compound=true;",
            '  node [shape=box style="rounded,filled" fillcolor=white color="#4a5568"];',
            '  node [fontname="Helvetica" fontsize=11];',
            '  edge [fontname="Helvetica" fontsize=11 color="#2b6cb0" penwidth=1.6];',
            f'  "{INTERNET}" [shape=ellipse fillcolor="#edf2f7"];',
        ]
        lines += ["  subgraph cluster_vpc {", '    label="VPC"; style=rounded; color="#2f855a";']
        for tier in TIERS:
            lines += self._cluster(tier, f"{tier} subnets  {', '.join(self.subnets[tier])}")
        talking = {name for source, target, _ in self.traffic for name in (source, target)}
        loose = [box for box in self.boxes if box.tier is None]
        # What has a security group but no subnets yet is started by hand (run-task).
        lines += [f"    {box.node()}" for box in loose if box.name in talking]
        lines += ["  }"]
        regional = [box for box in loose if box.name not in talking]
        lines += ["  subgraph cluster_regional {", f'    label="{REGIONAL}"; {STYLE[None]}']
        lines += [f"    {box.node()}" for box in regional]
        lines += [
            f'    "{above.name}" -> "{below.name}" [style=invis];'
            for above, below in zip(regional, regional[COLUMNS:], strict=False)
        ]
        lines += ["  }"]
        lines += [
            f'  "{source}" -> "{target}" [label=" {ports}"];'
            for source, target, ports in self.traffic
        ]
        return "\n".join([*lines, "}"]) + "\n"

    def _cluster(self, tier: str, label: str) -> Iterable[str]:
        yield f"  subgraph cluster_{tier} {{"
        yield f'    label="{label}"; {STYLE[tier]}'
        yield from (f"    {box.node()}" for box in self.boxes if box.tier == tier)
        yield "  }"


def picture(resources: list[dict[str, Any]]) -> Picture:
    """Read the picture from a stack's exported state."""
    by_urn = {resource["urn"]: resource for resource in resources}
    owner = {urn: _outermost(urn, by_urn) for urn in by_urn}
    custom = [r for r in resources if r["custom"] and not r["type"].startswith(SKIPPED)]

    tiers: dict[str, str] = {}
    subnets: dict[str, list[str]] = defaultdict(list)
    for resource in custom:
        if resource["type"] == SUBNET:
            tier = next(t for t in TIERS if f"-{t}-" in _name(resource["urn"]))
            tiers[resource["id"]] = tier
            subnets[tier].append(resource["outputs"]["cidrBlock"])

    counts: dict[str, Counter[str]] = defaultdict(Counter)
    stands_in: dict[str, set[str]] = defaultdict(set)
    groups: dict[str, str] = {}
    for resource in custom:
        component = owner[resource["urn"]]
        counts[component][resource["type"].rsplit(":", 1)[-1]] += 1
        if resource["type"] == GROUP:
            groups[resource["id"]] = component
        if resource["type"] != SUBNET:
            stands_in[component] |= _subnets_of(resource.get("inputs", {}), tiers)

    boxes = [
        Box(
            name=_name(component),
            kind=component.split("::")[2].split("$")[-1].rsplit(":", 1)[-1],
            tier=_only({tiers[subnet] for subnet in stands_in[component]}),
            zones=len(stands_in[component]),
            resources=counted,
        )
        for component, counted in counts.items()
    ]
    return Picture(
        boxes=tuple(sorted(boxes, key=lambda box: box.name)),
        traffic=tuple(sorted(_traffic(custom, groups))),
        subnets={tier: tuple(sorted(subnets[tier])) for tier in TIERS},
    )


def _traffic(
    custom: list[dict[str, Any]], groups: Mapping[str, str]
) -> Iterable[tuple[str, str, str]]:
    ports: dict[tuple[str, str], set[int]] = defaultdict(set)
    for resource in custom:
        if resource["type"] != INGRESS:
            continue
        rule = resource["inputs"]
        target = groups.get(rule["securityGroupId"])
        source = groups.get(rule.get("referencedSecurityGroupId", ""))
        if target and source:
            ports[_name(source), _name(target)].add(int(rule["fromPort"]))
        elif target and rule.get("cidrIpv4") == WORLD:
            ports[INTERNET, _name(target)].add(int(rule["fromPort"]))
    for (source, target), opened in ports.items():
        yield source, target, ", ".join(map(str, sorted(opened)))


def _subnets_of(value: object, tiers: Mapping[str, str]) -> set[str]:
    """The subnet ids anywhere in a resource's inputs."""
    if isinstance(value, str):
        return {value} if value in tiers else set()
    if isinstance(value, Mapping):
        return set().union(*(_subnets_of(item, tiers) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(_subnets_of(item, tiers) for item in value))
    return set()


def _only(found: set[str]) -> str | None:
    """The one tier a component stands in; the network itself touches all and stands in none."""
    return next(iter(found)) if len(found) == 1 else None


def _outermost(urn: str, by_urn: Mapping[str, dict[str, Any]]) -> str:
    """The URN of the component directly below the stack that a resource belongs to."""
    parent = by_urn[urn].get("parent")
    while parent and by_urn[parent]["type"] != "pulumi:pulumi:Stack":
        urn, parent = parent, by_urn[parent].get("parent")
    return urn


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _html(title: list[str], lines: list[str]) -> str:
    small = "".join(f'<br/><font point-size="9" color="#718096">{line}</font>' for line in lines)
    return f"<b>{title[0]}</b><br/>{title[1]}{small}"
