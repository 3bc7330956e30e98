"""One row of the table: how one Pulumi resource type becomes boto3 calls."""

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

Props = Mapping[str, Any]
State = dict[str, Any]
Inputs = dict[str, Any]
Client = Any
"""A boto3 client; its methods are generated at run time."""
Same = Callable[[Any, Any], bool]
"""An equality of two values of an input."""
Judge = Callable[[Props, Props], bool]
"""A predicate on the resource's state and the new inputs."""


class ExistsButFailedError(Exception):
    """The operation failed, but the resource exists; the engine must keep its id."""

    def __init__(self, physical_id: str, reason: str) -> None:
        super().__init__(reason)
        self.physical_id = physical_id


class NotMadeError(Exception):
    """The resource was not created, and the next `up` retries; the message is one sentence."""


ALLOWED_SECONDS: ContextVar[float | None] = ContextVar("ALLOWED_SECONDS", default=None)
"""The `customTimeouts` of the current operation; None if the program sets none."""


@dataclass(frozen=True, kw_only=True)
class Autoname:
    """Pulumi's name of a resource without one in the program: `<logical>-<7 hex digits>`."""

    prop: str = "name"
    longest: int = 255
    """Maximum length of the name."""
    lower: bool = False
    prefix: str = ""
    """Required prefix of the name."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """The arguments of an update."""

    old: Props
    """The state after the last create, update or read."""
    new: Props
    """The new inputs."""
    keys: frozenset[str]
    """Changed top-level inputs."""


def only_replaced(_client: Client, physical_id: str, change: Change) -> None:
    """The `update` of a row whose inputs all replace; the engine never calls it."""
    raise NotImplementedError(f"{physical_id}: {sorted(change.keys)} can't change in place")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A resource type. Property names are Pulumi's (camelCase), as on the engine's wire.

    An input is named by its path: `logConfiguration.level`. List indices are left out
    (`subnetMappings.subnetId`), and a path that ends in `.*` carries everything below it
    (`tags.*`, or a document that AWS receives whole).
    """

    token: str
    client: str | None
    """boto3's name of the service; None for a resource that exists in the state only (random)."""
    inputs: frozenset[str]
    """Inputs that the row passes to the API. Any other input fails Check."""
    outputs: frozenset[str] = frozenset()
    """Values of `read` in addition to the inputs; unknown in the preview of a create."""
    source: str = ""
    """The file of hashicorp/terraform-provider-aws (v6) from which the fields below are read:
    `ForceNew`, `RequiresReplace`, `Computed`, `DiffSuppressFunc`."""
    replaces: frozenset[str] = frozenset()
    """Top-level inputs whose change replaces the resource."""
    replaces_if: Mapping[str, Judge] = field(default_factory=dict)
    """Top-level inputs whose change replaces the resource in some cases."""
    computed: frozenset[str] = frozenset()
    """Top-level inputs that keep their value when the program removes them (`Optional` and
    `Computed` in the provider's schema)."""
    defaults: Props = field(default_factory=dict)
    """Values of inputs that the program leaves out (`Default` in the provider's schema, or a
    suppressed block); an import leaves them out, too."""
    ignored: Mapping[str, str] = field(default_factory=dict)
    """Inputs that are accepted and dropped (paths, as in `inputs`), with the reason."""
    write_only: frozenset[str] = frozenset()
    """Top-level inputs that AWS never returns (passwords): the state keeps the input."""
    autoname: Autoname | None = None
    same: Mapping[str, Same] = field(default_factory=dict)
    """Equality of top-level inputs beyond `==`: JSON documents, unordered lists."""
    suppresses: Mapping[str, Judge] = field(default_factory=dict)
    """Top-level inputs whose difference the provider ignores for some states."""
    generate: Callable[[Props], State] | None = None
    """Generates outputs without an API (a random password), once; the state keeps them."""
    create: Callable[[Client, Props], str]
    """Create it and return its physical id, by which `read`, `update` and `delete` find it."""
    read: Callable[[Client, str], State | None]
    """Return the whole state as AWS returns it, or None if the resource is gone."""
    update: Callable[[Client, str, Change], None] = only_replaced
    located_by: Callable[[str, Props], str] | None = None
    """Returns the id for `read`, from the first id and the inputs or the state, for a resource
    whose id in AWS can change with an update."""
    imported_id: Callable[[State], str] | None = None
    """Returns the provider's id from the state, for an import by another name (a cluster by its
    name, while its id is the ARN)."""
    delete: Callable[[Client, str, Props], None]
    """Delete by id and state, which contains options such as `forceDelete` and `skipDestroy`.
    Deleting a missing resource is not an error."""
    adopts: bool = False
    """It manages a resource that AWS created (a VPC's default group); deleting it only removes it
    from the state."""

    def carries(self, path: str) -> bool:
        return matches(path, self.inputs)

    def unknown_inputs(self, props: Props) -> list[str]:
        """Return the paths in `props` that the row neither carries nor ignores."""
        known = self.inputs | set(self.ignored)
        return sorted({path for path in paths(props) if not matches(path, known)})

    def changed(self, state: Props, old_inputs: Props, new_inputs: Props) -> frozenset[str]:
        """Return the top-level inputs in which the resource differs from the program.

        An input that is absent from both the old and the new program is unmanaged: AWS's default,
        or a value that was set by hand, stays.
        """
        carried = {path.split(".", 1)[0] for path in self.inputs}
        dropped = self.dropped(old_inputs, new_inputs)
        managed = (set(new_inputs) | dropped) & carried
        return frozenset(
            key
            for key in managed
            if not self._equal(key, state.get(key, old_inputs.get(key)), new_inputs.get(key))
            and not (key in self.suppresses and self.suppresses[key](state, new_inputs))
        )

    def dropped(self, old_inputs: Props, new_inputs: Props) -> set[str]:
        """Return the inputs that the program removed and that do not keep their value."""
        return set(old_inputs) - set(new_inputs) - self.computed

    def replaced(self, changed: frozenset[str], state: Props, new_inputs: Props) -> frozenset[str]:
        """Return the changed inputs that replace the resource."""
        return (changed & self.replaces) | {
            key
            for key in changed & self.replaces_if.keys()
            if self.replaces_if[key](state, new_inputs)
        }

    def located(self, physical_id: str, props: Props) -> str:
        """Return the id for `read`: the first one, unless an update changed it."""
        return self.located_by(physical_id, props) if self.located_by else physical_id

    def _equal(self, key: str, old: object, new: object) -> bool:
        if old == new:
            return True
        if key not in self.same or old is None or new is None:
            return False
        if isinstance(old, str) is not isinstance(new, str):
            return False  # unknown in a preview: UNKNOWN is text in place of a list
        return self.same[key](old, new)


def fields(listed: str, *, below: str = "") -> frozenset[str]:
    """Return the names in a text, separated by spaces; each below a path, if one is given."""
    return frozenset(f"{below}.{name}" if below else name for name in listed.split())


def paths(value: object, prefix: str = "") -> Iterator[str]:
    """Yield each leaf of a property value as a dotted path without list indices."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from paths(item, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, list | tuple) and value:
        for item in value:
            yield from paths(item, prefix)
    elif prefix:
        yield prefix


def matches(path: str, known: frozenset[str] | set[str]) -> bool:
    """Return whether a path is listed, or is below one that is carried whole.

    An empty list or object counts as everything below it, so `tags: {}` matches `tags.*`
    and an empty `ingress` matches `ingress.fromPort`.
    """
    if path in known or f"{path}.*" in known:
        return True
    parents = path.split(".")
    return any(f"{'.'.join(parents[:n])}.*" in known for n in range(1, len(parents))) or any(
        name.startswith(f"{path}.") for name in known
    )
