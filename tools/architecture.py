"""docs/architecture.json and .png: production, drawn from the resources that the program registers.

`picture` reads the state of a deployed stack: nodes are components in the group of their type,
arrows are security group rules and references in inputs. A test compares the JSON; `draw` renders
it with AWS's icons.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from diagrams import Diagram, Edge, Node
from diagrams.aws import compute, database, management, network, security, storage
from diagrams.aws.general import Users
from diagrams.onprem.ci import GithubActions

SERVICE = "arbor:compute:Service"
INTERNET = "internet"
ANYWHERE = "0.0.0.0/0"
IGNORED = ("pulumi:", "random:")

Resource = Mapping[str, Any]
Owned = Mapping[str, list[Resource]]
"""A node's resources by short type, such as `Instance`."""


class UnknownComponentError(Exception):
    """A component type that has no place in the picture."""


@dataclass(frozen=True, kw_only=True, order=True)
class Arrow:
    """An edge of the picture."""

    source: str
    target: str
    label: str
    traffic: bool
    """True where a security group rule allows it; false for a reference in an input."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """A node of the picture."""

    group: str
    icon: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What is drawn, as data."""

    vpc: str
    zones: Mapping[str, Mapping[str, str]]
    """CIDR blocks by availability zone and tier."""
    nodes: Mapping[str, Box]
    arrows: tuple[Arrow, ...]

    def json(self) -> str:
        """Return the same text for the same resources."""
        return json.dumps(asdict(self), indent=2) + "\n"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where components of a type stand. Several types may share a node."""

    group: str
    icon: type[Node]
    text: Callable[[Owned], str]
    node: str | None = None
    """A name other than the component's."""


def _inputs(owned: Owned, kind: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = owned[kind][0]["inputs"]
    return found


def _service(owned: Owned) -> str:
    (target,) = _inputs(owned, "Service")["loadBalancers"]
    return f"{target['containerName']}\nport {target['containerPort']}"


def _database(owned: Owned) -> str:
    given = _inputs(owned, "Instance")
    size = f"{'2' if given['multiAz'] else '1'} x {given['instanceClass'].removeprefix('db.')}"
    return f"PostgreSQL {given['engineVersion']}\n{size}"


def _cache(owned: Owned) -> str:
    given = _inputs(owned, "ReplicationGroup")
    size = f"{given['numCacheClusters']} x {given['nodeType'].removeprefix('cache.')}"
    return f"Redis {given['engineVersion']}\n{size}"


def _counted(kind: str, text: str) -> Callable[[Owned], str]:
    return lambda owned: f"{len(owned[kind])} {text}"


ROUTE_53 = Place(group="Edge", icon=network.Route53, text=lambda _: "Route 53", node="zone")
PLACES = {
    "arbor:dns:HostedZone": ROUTE_53,
    "arbor:dns:AliasRecords": ROUTE_53,
    "arbor:edge:WebAcl": Place(group="Edge", icon=security.WAF, text=lambda _: "WAF"),
    "arbor:edge:LoadBalancer": Place(
        group="Edge", icon=network.ALB, text=lambda _: "load balancer"
    ),
    "arbor:dns:Certificate": Place(
        group="Edge", icon=security.ACM, text=lambda _: "certificate", node="certificate"
    ),
    SERVICE: Place(group="Compute", icon=compute.Fargate, text=_service),
    "arbor:data:Cache": Place(group="Data", icon=database.ElasticacheForRedis, text=_cache),
    "arbor:data:Database": Place(group="Data", icon=database.RDSPostgresqlInstance, text=_database),
    "aws:ec2/natGateway:NatGateway": Place(
        group="Egress",
        icon=network.NATGateway,
        text=_counted("NatGateway", "NAT\ngateways"),
        node="nat",
    ),
    "arbor:network:Network": Place(
        group="Egress", icon=network.Endpoint, text=_counted("VpcEndpoint", "VPC\nendpoints")
    ),
    "arbor:pipeline:CiAccess": Place(
        group="Delivery", icon=security.IAMRole, text=_counted("Role", "pipeline\nroles")
    ),
    "arbor:compute:Registry": Place(
        group="Delivery", icon=compute.ECR, text=_counted("Repository", "image\nrepositories")
    ),
    "arbor:compute:MigrationTask": Place(
        group="Tasks",
        icon=compute.ElasticContainerServiceTask,
        text=lambda _: "migration\ntask",
    ),
    "arbor:compute:Cluster": Place(
        group="Cluster",
        icon=compute.ECS,
        text=lambda owned: f"ECS cluster {_inputs(owned, 'Cluster')['name']}",
    ),
    "arbor:observability:LogGroups": Place(
        group="Observability",
        icon=management.CloudwatchLogs,
        text=_counted("LogGroup", "log groups"),
    ),
    "arbor:observability:LogExport": Place(
        group="Observability", icon=storage.S3, text=lambda _: "log exports"
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Place(
        group="Observability",
        icon=management.CloudwatchAlarm,
        text=_counted("MetricAlarm", "rollback\nalarms"),
        node="alarms",
    ),
    "arbor:security:Secrets": Place(
        group="Protection", icon=security.SecretsManager, text=_counted("Secret", "secrets")
    ),
    "arbor:security:EncryptionKey": Place(
        group="Protection", icon=security.KMS, text=_counted("Key", "KMS keys"), node="keys"
    ),
}
"""Each component type below the stack has a row; a resource type's own row comes first."""
REFERENCES = {
    ("Edge", "balancer"): "filters",
    ("Edge", "certificate"): "TLS",
    ("Compute", "registry"): "pull images",
    ("Compute", "alarms"): "roll back",
    ("Compute", "logs"): "write",
    ("Compute", "secrets"): "read",
    ("Data", "keys"): "encrypted by",
    ("Protection", "keys"): "",
    ("Observability", "logs"): "",
}
"""The references that are drawn: the group that refers, the node it refers to, and the label."""


def picture(resources: Iterable[Resource]) -> Picture:
    """Read the picture from a deployed stack's state."""
    by_urn = {resource["urn"]: resource for resource in resources}
    real = [one for one in by_urn.values() if one["custom"] and not one["type"].startswith(IGNORED)]
    places: dict[str, Place] = {}
    owned: dict[str, dict[str, list[Resource]]] = defaultdict(lambda: defaultdict(list))
    node_of: dict[str, str] = {}
    for one in real:
        component = by_urn[_outermost(one["urn"], by_urn)]
        place = PLACES.get(one["type"]) or PLACES.get(component["type"])
        if place is None:
            raise UnknownComponentError(f"Add {component['type']} to PLACES in {__name__}.")
        node = place.node or component["urn"].split("::", 3)[3]
        places[node], node_of[one["urn"]] = place, node
        owned[node][one["type"].rsplit(":", 1)[-1]].append(one)
    zones: dict[str, dict[str, str]] = defaultdict(dict)
    for subnet in owned["network"]["Subnet"]:
        tier = next(t for t in ("public", "private", "isolated") if f"-{t}-" in subnet["urn"])
        zones[subnet["inputs"]["availabilityZone"]][tier] = subnet["inputs"]["cidrBlock"]
    return Picture(
        vpc=_inputs(owned["network"], "Vpc")["cidrBlock"],
        zones={zone: dict(sorted(zones[zone].items())) for zone in sorted(zones)},
        nodes={
            node: Box(group=place.group, icon=place.icon.__name__, text=place.text(owned[node]))
            for node, place in sorted(places.items())
        },
        arrows=tuple(sorted({*_traffic(real, node_of), *_references(real, node_of, places)})),
    )


def _outermost(urn: str, by_urn: Mapping[str, Resource]) -> str:
    """The URN of the component directly below the stack that a resource belongs to."""
    parent = by_urn[urn].get("parent")
    while parent and by_urn[parent]["type"] != "pulumi:pulumi:Stack":
        urn, parent = parent, by_urn[parent].get("parent")
    return urn


def _traffic(real: Iterable[Resource], node_of: Mapping[str, str]) -> Iterator[Arrow]:
    """An arrow for each pair of nodes that security group rules connect, with the ports."""
    groups = {
        one["id"]: node_of[one["urn"]]
        for one in real
        if one["type"] == "aws:ec2/securityGroup:SecurityGroup"
    }
    ports: dict[tuple[str, str], set[int]] = defaultdict(set)
    for one in real:
        if not one["type"].startswith("aws:vpc/securityGroup"):
            continue
        rule = one["inputs"]
        own, other = groups[rule["securityGroupId"]], rule.get("referencedSecurityGroupId")
        if one["type"].endswith(":SecurityGroupIngressRule"):
            source = INTERNET if rule.get("cidrIpv4") == ANYWHERE else groups.get(other)
            if source:
                ports[source, own].add(int(rule["fromPort"]))
        elif rule.get("cidrIpv4") == ANYWHERE:
            ports[own, "nat"].add(int(rule["fromPort"]))
    for (source, target), opened in ports.items():
        label = ", ".join(map(str, sorted(opened)))
        yield Arrow(source=source, target=target, label=label, traffic=True)


def _references(
    real: Iterable[Resource], node_of: Mapping[str, str], places: Mapping[str, Place]
) -> Iterator[Arrow]:
    """An arrow for each pair in REFERENCES of which the first has the second's id as an input."""
    ids = {
        known: node_of[one["urn"]]
        for one in real
        for known in (one["id"], one["outputs"].get("arn"), one["outputs"].get("repositoryUrl"))
        if known
    }
    for one in real:
        text, source = json.dumps(one["inputs"]), node_of[one["urn"]]
        for known, target in ids.items():
            label = REFERENCES.get((places[source].group, target))
            if label is not None and source != target and known in text:
                yield Arrow(source=source, target=target, label=label, traffic=False)


@dataclass(frozen=True, kw_only=True)
class Area:
    """A box behind a group's icons, in cells of the drawing."""

    x: float
    y: float
    columns: int
    rows: int
    color: str


COLUMN, ROW = 1.62, 1.95
"""A cell, in inches."""
ICON = 0.85
LINE = 0.26
AREAS = {
    "Edge": Area(x=3.2, y=0.95, columns=4, rows=1, color="#f3effc"),
    "Delivery": Area(x=0, y=1, columns=2, rows=1, color="#eaf6ec"),
    "Protection": Area(x=0.3, y=2.3, columns=1, rows=2, color="#fbeaea"),
    "Data": Area(x=2.5, y=3.5, columns=2, rows=1, color="#e8effb"),
    "Tasks": Area(x=4.7, y=3.5, columns=1, rows=1, color="#fdf1e3"),
    "Egress": Area(x=6.35, y=3.5, columns=2, rows=1, color="#f1f5f9"),
    "Observability": Area(x=9.0, y=1, columns=2, rows=2, color="#fbeaf4"),
}
ZONE = Area(x=2.4, y=2.3, columns=2, rows=1, color="#fdf1e3")
"""The first availability zone, with the services; the others stand to its right."""
OUTSIDE = {
    INTERNET: (Users, "users", 4.2, 0.0, "zone", "DNS"),
    "github": (GithubActions, "GitHub\nActions", 0.0, 0.0, "ci", "assume"),
}
"""What the stack does not make: icon, text, cell, and an arrow to a node."""


def draw(drawn: Picture, target: Path) -> None:
    """Render to `target`, a PNG. All positions are pinned; Graphviz only draws."""
    with Diagram(
        filename=str(target.with_suffix("")),
        show=False,
        graph_attr={
            "layout": "neato",
            "splines": "line",
            "outputorder": "nodesfirst",
            "pad": "0.1",
            "dpi": "110",
        },
        node_attr={"fontname": "Helvetica", "fontsize": "17", "imagepos": "tc"},
    ):
        points = _areas(drawn) | _icons(drawn)
        for arrow in dict.fromkeys(_from_groups(drawn)):
            pairs = [(a, b) for a in points[arrow.source] for b in points[arrow.target]]
            for source, end in pairs:
                edge = Edge(
                    label="" if len(pairs) > 1 else arrow.label,
                    color="#1e293b" if arrow.traffic else "#64748b",
                    style="solid" if arrow.traffic else "dashed",
                    fontname="Helvetica",
                    fontsize="16",
                )
                source >> edge >> end


def _from_groups(drawn: Picture) -> Iterator[Arrow]:
    """Replace the services by their group, except where traffic reaches them or their stores."""
    for source, (_, _, _, _, target, label) in OUTSIDE.items():
        yield Arrow(source=source, target=target, label=label, traffic=False)
    for arrow in drawn.arrows:
        group = drawn.nodes[arrow.source].group if arrow.source in drawn.nodes else ""
        within = arrow.traffic and drawn.nodes[arrow.target].group != "Egress"
        whole = group in ("Compute", "Data") and not within
        yield replace(arrow, source=group) if whole else arrow


def _areas(drawn: Picture) -> dict[str, list[Node]]:
    """Draw the boxes, from the outermost in."""
    columns = len(drawn.zones) * ZONE.columns
    _area(f"VPC {drawn.vpc}", replace(ZONE, columns=columns, rows=2, y=2.32, color="white"), 0.8)
    found = {group: [_area(group, area)] for group, area in AREAS.items()}
    found["Compute"] = [_area(drawn.nodes["cluster"].text, replace(ZONE, columns=columns), 0.4)]
    for number, zone in enumerate(drawn.zones):
        _area(zone, replace(ZONE, x=ZONE.x + number * ZONE.columns))
    return found


def _area(label: str, area: Area, margin: float = 0.0) -> Node:
    x, y = area.x + (area.columns - 1) / 2, area.y + (area.rows - 1) / 2
    return Node(
        f"{label}\\l",
        pos=_pinned(x, y),
        shape="box",
        style="rounded,filled",
        fillcolor=area.color,
        color="#94a3b8",
        labelloc="t",
        margin="0.12,0.08",
        fontname="Helvetica-Bold",
        fontsize="16",
        width=str(area.columns * COLUMN - 0.1 + margin),
        height=str(area.rows * ROW - 0.1 + margin),
    )


def _icons(drawn: Picture) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = defaultdict(list)
    for name, (icon, text, x, y, _, _) in OUTSIDE.items():
        found[name].append(_icon(icon, text, x, y))
    icons = {place.icon.__name__: place.icon for place in PLACES.values()}
    order = [place.icon.__name__ for place in PLACES.values()]
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(drawn.nodes, key=lambda name: order.index(drawn.nodes[name].icon)):
        groups[drawn.nodes[name].group].append(name)
    zones = [replace(ZONE, x=ZONE.x + i * ZONE.columns) for i in range(len(drawn.zones))]
    areas = [(area, groups[group]) for group, area in AREAS.items()]
    areas += [(zone, groups["Compute"]) for zone in zones]
    for area, names in areas:
        for place, name in enumerate(names):
            box = drawn.nodes[name]
            x, y = area.x + place % area.columns, area.y + place // area.columns
            found[name].append(_icon(icons[box.icon], box.text, x, y))
    return found


def _icon(icon: type[Node], text: str, x: float, y: float) -> Node:
    lines = text.count("\n") + 1
    return icon(text, pos=_pinned(x, y + 0.05), width=str(ICON), height=str(ICON + lines * LINE))


def _pinned(x: float, y: float) -> str:
    return f"{x * COLUMN:.2f},{-y * ROW:.2f}!"
