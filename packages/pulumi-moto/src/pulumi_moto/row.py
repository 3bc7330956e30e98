"""One row of the table: how one Pulumi resource type becomes boto3 calls."""

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

Props = Mapping[str, Any]
State = dict[str, Any]
Client = Any
"""A boto3 client. Its methods are made at run time, so no checker knows them."""
Judge = Callable[[Props, Props], bool]
"""A decision about a change, from the resource's state and the new inputs."""


class ExistsButFailedError(Exception):
    """The resource exists, but did not become what was asked; its id must not be forgotten."""

    def __init__(self, physical_id: str, reason: str) -> None:
        super().__init__(reason)
        self.physical_id = physical_id


class NotMadeError(Exception):
    """Nothing was made, and the next `up` tries it anew; the message is one sentence."""


ALLOWED_SECONDS: ContextVar[float | None] = ContextVar("ALLOWED_SECONDS", default=None)
"""The `customTimeouts` of the operation that is under way; None where the program gave none."""


@dataclass(frozen=True, kw_only=True)
class Autoname:
    """How Pulumi names a resource whose program gives it no name: `<logical>-<7 hex digits>`."""

    prop: str = "name"
    longest: int = 255
    """Characters that AWS allows in the name."""
    lower: bool = False
    prefix: str = ""
    """What AWS asks every such name to begin with."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What an update is given."""

    old: Props
    """The state as it was last created, updated or read."""
    new: Props
    """The inputs as they shall be."""
    keys: frozenset[str]
    """Top-level inputs that differ."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A resource type. Property names are Pulumi's (camelCase), as on the engine's wire.

    An input is named by its path: `logConfiguration.level`; list indices are left out
    (`subnetMappings.subnetId`), and a path ending in `.*` carries everything below it as it is
    (`tags.*`, or a document that is handed to AWS whole).
    """

    token: str
    client: str | None
    """boto3's name of the service; None for what lives in Pulumi's state alone (random)."""
    inputs: frozenset[str]
    """Inputs this row carries to the API. Any other input fails Check."""
    outputs: frozenset[str] = frozenset()
    """What `read` returns beside the inputs; unknown in the preview of a create."""
    source: str = ""
    """The file of hashicorp/terraform-provider-aws (v6) that says what replaces, what is kept and
    which differences are none: `ForceNew`, `RequiresReplace`, `Computed`, `DiffSuppressFunc`."""
    replaces: frozenset[str] = frozenset()
    """Top-level inputs whose change means a new resource."""
    replaces_if: Mapping[str, Judge] = field(default_factory=dict)
    """Top-level inputs whose change means a new resource in some cases only."""
    computed: frozenset[str] = frozenset()
    """Top-level inputs that the provider leaves as they are when the program no longer gives them
    (`Optional` and `Computed` in its schema)."""
    defaults: Props = field(default_factory=dict)
    """What the provider takes for an input that the program leaves out (`Default` in its schema, or
    a block whose absence it suppresses); an import leaves it out as well."""
    ignored: Mapping[str, str] = field(default_factory=dict)
    """Inputs accepted and dropped (paths, as in `inputs`), each with the reason."""
    write_only: frozenset[str] = frozenset()
    """Top-level inputs that AWS never gives back (passwords): the state keeps what was sent."""
    autoname: Autoname | None = None
    same: Mapping[str, Callable[[Any, Any], bool]] = field(default_factory=dict)
    """Top-level inputs that are equal under more than `==`: JSON documents, unordered lists."""
    suppresses: Mapping[str, Judge] = field(default_factory=dict)
    """Top-level inputs whose difference is none in some cases, seen from the whole resource."""
    generate: Callable[[Props], State] | None = None
    """Outputs that no API makes (a random password): drawn once, then kept by the state."""
    create: Callable[[Client, Props], str]
    """Make it and return its physical id; all that `read`, `update` and `delete` get to find it."""
    read: Callable[[Client, str], State | None]
    """The whole state as AWS tells it, or None when it is gone."""
    update: Callable[[Client, str, Change], None]
    located_by: Callable[[str, Props], str] | None = None
    """What `read` needs in place of the first id, from that id and the inputs or the state, where
    an update can give the resource another id in AWS."""
    imported_id: Callable[[State], str] | None = None
    """The id that the provider gives what an import named in another way (a cluster by its name,
    where the id is the ARN), from the state."""
    delete: Callable[[Client, str, Props], None]
    """Given the id and the state, which holds what deleting does (`forceDelete`, `skipDestroy`).
    Deleting what is already gone is not an error."""
    adopts: bool = False
    """It takes over what AWS made (a VPC's default group), so deleting it only forgets it."""

    def carries(self, path: str) -> bool:
        return matches(path, self.inputs)

    def unknown_inputs(self, props: Props) -> list[str]:
        """The paths in `props` that this row neither carries nor names as ignored."""
        known = self.inputs | set(self.ignored)
        return sorted({path for path in paths(props) if not matches(path, known)})

    def changed(self, state: Props, old_inputs: Props, new_inputs: Props) -> frozenset[str]:
        """Top-level inputs in which the resource differs from what the program asks for.

        An input that the program gives neither now nor before is not the program's business:
        AWS's default for it, or a value somebody set by hand, is left alone.
        """
        carried = {path.split(".", 1)[0] for path in self.inputs}
        dropped = self.dropped(old_inputs, new_inputs)
        asked = (set(new_inputs) | dropped) & carried
        return frozenset(
            key
            for key in asked
            if not self._equal(key, state.get(key, old_inputs.get(key)), new_inputs.get(key))
            and not (key in self.suppresses and self.suppresses[key](state, new_inputs))
        )

    def dropped(self, old_inputs: Props, new_inputs: Props) -> set[str]:
        """Inputs that the program gave and gives no more, and that go with it."""
        return set(old_inputs) - set(new_inputs) - self.computed

    def replaced(self, changed: frozenset[str], state: Props, new_inputs: Props) -> frozenset[str]:
        """Those of the changed inputs that mean a new resource."""
        return (changed & self.replaces) | {
            key
            for key in changed & self.replaces_if.keys()
            if self.replaces_if[key](state, new_inputs)
        }

    def located(self, physical_id: str, props: Props) -> str:
        """The id to read by: the first one, unless an update gave another."""
        return self.located_by(physical_id, props) if self.located_by else physical_id

    def _equal(self, key: str, old: object, new: object) -> bool:
        if old == new:
            return True
        if key not in self.same or old is None or new is None:
            return False
        if isinstance(old, str) is not isinstance(new, str):
            return False  # a preview doesn't know the list or document yet; it is a text of its own
        return self.same[key](old, new)


def only_replaced(_client: Client, physical_id: str, change: Change) -> None:
    """The `update` of a row all of whose inputs replace: the engine never asks for it."""
    raise NotImplementedError(f"{physical_id}: {sorted(change.keys)} can't change in place")


def paths(value: object, prefix: str = "") -> Iterator[str]:
    """Every leaf of a property value, as dotted paths without list indices."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from paths(item, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, list | tuple) and value:
        for item in value:
            yield from paths(item, prefix)
    elif prefix:
        yield prefix


def matches(path: str, known: frozenset[str] | set[str]) -> bool:
    """Whether a path is named, or lies below one that is carried whole.

    An empty list or object stands for everything below it, so `tags: {}` matches `tags.*`
    and an empty `ingress` matches `ingress.fromPort`.
    """
    if path in known or f"{path}.*" in known:
        return True
    parents = path.split(".")
    return any(f"{'.'.join(parents[:n])}.*" in known for n in range(1, len(parents))) or any(
        name.startswith(f"{path}.") for name in known
    )
