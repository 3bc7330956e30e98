"""A resource's lifecycle for any row: check, diff, create, read, update, import.

The engine calls it through gRPC (provider.py). Property values are plain Python; an unknown value
of a preview is the string UNKNOWN.
"""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pulumi_moto.row import Change, Client, ExistsButFailedError, Inputs, Props, Row, State

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Pulumi's sentinel for a value that is unknown in a preview."""
DEFAULTS = "__defaults"
"""Inputs that Check added; the same key as in Pulumi's bridged providers."""
Ignored = Collection[str]
NOTHING: Ignored = ()
SUFFIX_LENGTH = 8
"""A dash and seven hexadecimal digits."""


class HalfDoneError(Exception):
    """The resource exists with this id and state, but the operation failed."""

    def __init__(self, physical_id: str, state: State, reason: str) -> None:
        super().__init__(reason)
        self.physical_id = physical_id
        self.state = state


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The engine's next operation for a resource with changed inputs."""

    changed: frozenset[str]
    replaces: frozenset[str]
    delete_first: bool
    """The program chose its name, and the name stays, so the old one is deleted first."""


def check(
    row: Row, name: str, old_inputs: Props, news: Props, seed: bytes
) -> tuple[Inputs, list[str]]:
    """Return the inputs with their defaults, and a message for each input that is not emulated."""
    given = {key: value for key, value in news.items() if key != DEFAULTS and value is not None}
    failures = [
        f"{row.token} has an input `{path}` that is not emulated: add it to `inputs` of its row in "
        f"pulumi_moto/services/, or to `ignored` with the reason."
        for path in row.unknown_inputs(given)
    ]
    naming = row.autoname
    if naming is None or naming.prop in given:
        return given, failures
    if naming.prop in old_inputs.get(DEFAULTS, []):
        physical = old_inputs[naming.prop]
    else:
        suffix = hashlib.sha256(seed + name.encode()).hexdigest()[: SUFFIX_LENGTH - 1]
        logical = name.lower() if naming.lower else name
        physical = f"{naming.prefix}{logical}-{suffix}"
    if len(physical) > naming.longest:
        failures.append(
            f"{row.token} gets the name {physical}, {len(physical)} characters; AWS allows "
            f"{naming.longest}. Use a logical name of at most "
            f"{naming.longest - SUFFIX_LENGTH - len(naming.prefix)} characters."
        )
    return {**given, naming.prop: physical, DEFAULTS: [naming.prop]}, failures


def diff(
    row: Row, state: Props, old_inputs: Props, news: Props, ignored: Ignored = NOTHING
) -> Difference:
    """Compare the resource's last state with the new inputs.

    `ignored` are the inputs of `ignore_changes`. The engine puts their old *inputs* into `news`;
    a bridged provider also ignores their difference from the state.
    https://github.com/pulumi/pulumi-terraform-bridge (pkg/tfbridge/provider.go, Diff)
    """
    changed = row.changed(
        state, _without_defaults(old_inputs), _without_defaults(news)
    ) - _top_level(row, ignored)
    replaces = row.replaced(changed, state, _without_defaults(news))
    chosen = (
        row.autoname is not None
        and row.autoname.prop not in news.get(DEFAULTS, [])
        and row.autoname.prop not in replaces
    )
    return Difference(changed=changed, replaces=replaces, delete_first=bool(replaces) and chosen)


def previewed_create(row: Row, inputs: Props) -> State:
    """Return the state of a new resource in a preview."""
    return {**dict.fromkeys(row.outputs - set(inputs), UNKNOWN), **inputs}


def previewed_update(row: Row, state: Props, old_inputs: Props, inputs: Props) -> State:
    """Return the state after the update in a preview, without removed inputs."""
    dropped = row.dropped(old_inputs, inputs)
    return {**{key: value for key, value in state.items() if key not in dropped}, **inputs}


def create(row: Row, client: Client, inputs: Props) -> tuple[str, State]:
    """Create it, then read it back. Raises HalfDoneError if it exists although creating failed."""
    given = _without_defaults(inputs)
    held = {**given, **(row.generate(given) if row.generate else {})}
    with _half_done(row, client, held):
        physical_id = row.create(client, given)
    found = row.read(client, physical_id)
    if found is None:
        raise HalfDoneError(
            physical_id,
            held,
            f"{row.token} {physical_id} was created, but reading it back found none.",
        )
    return physical_id, _with_kept(row, found, held)


def read(
    row: Row, client: Client, physical_id: str, state: Props, inputs: Props
) -> tuple[State, Inputs] | None:
    """Return the resource's current state and inputs, or None if it is gone."""
    found = row.read(client, row.located(physical_id, state))
    if found is None:
        return None
    now = _with_kept(row, found, {**inputs, **state})
    seen = {key: now.get(key, value) for key, value in inputs.items() if key != DEFAULTS}
    bookkeeping = {DEFAULTS: inputs[DEFAULTS]} if DEFAULTS in inputs else {}
    return now, {**_spelled_as_given(row, seen, inputs), **bookkeeping}


def imported(row: Row, client: Client, import_id: str) -> tuple[str, State, Inputs] | None:
    """Return id, state and inputs of a resource to import, or None if it does not exist.

    A bridged provider derives the inputs from the state, without those at their default or zero.
    https://github.com/pulumi/pulumi-terraform-bridge (pkg/tfbridge/schema.go,
    ExtractInputsFromOutputs and isDefaultOrZeroValue)
    """
    found = row.read(client, import_id)
    if found is None:
        return None
    carried = {path.split(".", 1)[0] for path in row.inputs}
    inputs = {
        key: value
        for key, value in found.items()
        if key in carried and value and value != row.defaults.get(key)
    }
    physical_id = row.imported_id(found) if row.imported_id else import_id
    return physical_id, _with_kept(row, found, {}), inputs


def update(
    row: Row,
    client: Client,
    physical_id: str,
    state: Props,
    old_inputs: Props,
    news: Props,
    ignored: Ignored = NOTHING,
) -> State:
    """Update it, then read it back. Raises HalfDoneError if the update failed half-way.

    An ignored input is planned with the state's value, so the row sees no change of it.
    """
    planned = {key: state[key] for key in _top_level(row, ignored) if key in state}
    given = {**_without_defaults(news), **planned}
    keys = row.changed(state, _without_defaults(old_inputs), given)
    held = previewed_update(row, state, _without_defaults(old_inputs), given)
    with _half_done(row, client, held):
        row.update(client, physical_id, Change(old=state, new=given, keys=keys))
    found = row.read(client, row.located(physical_id, held))
    if found is None:
        raise LookupError(f"{row.token} {physical_id} is gone; run a refresh.")
    return _with_kept(row, found, held)


@contextmanager
def _half_done(row: Row, client: Client, held: Props) -> Iterator[None]:
    """Raise HalfDoneError with the resource's current state for an ExistsButFailedError."""
    try:
        yield
    except ExistsButFailedError as failed:
        found = row.read(client, row.located(failed.physical_id, held))
        raise HalfDoneError(
            failed.physical_id, _with_kept(row, found or {}, held), str(failed)
        ) from failed


def _top_level(row: Row, ignored: Ignored) -> frozenset[str]:
    """Return the ignored inputs. Raises NotImplementedError for a path below one."""
    for path in ignored:
        if not path.isidentifier():
            raise NotImplementedError(
                f"{row.token}: ignore_changes of {path} is not emulated; ignore a top-level input."
            )
    return frozenset(ignored)


def _without_defaults(inputs: Props) -> Inputs:
    return {key: value for key, value in inputs.items() if key != DEFAULTS}


def _spelled_as_given(row: Row, seen: Props, inputs: Props) -> Inputs:
    """Keep the program's spelling of values that are equal by the row's `same`."""
    return {
        key: inputs[key]
        if key in row.same and key in inputs and row.same[key](value, inputs[key])
        else value
        for key, value in seen.items()
    }


def _with_kept(row: Row, found: State, held: Props) -> State:
    """Add values that AWS does not return: write-only, ignored, and generated ones."""
    kept = row.write_only | {path.split(".", 1)[0] for path in row.ignored}
    if row.generate is not None:
        kept |= row.outputs
    added = {key: held[key] for key in kept if key in held and key not in found}
    if "tags" in found:
        added["tagsAll"] = found["tags"]
    return {**found, **added}
