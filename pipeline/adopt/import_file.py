"""The file that `pulumi import --file` reads.

https://www.pulumi.com/docs/iac/guides/migration/import/#bulk-import-operations; an
import creates components without inputs, as parents of the imported resources
(github.com/pulumi/pulumi, pull requests 14461 and 14467).
"""

import json
from collections.abc import Collection, Mapping
from importlib import metadata
from pathlib import Path
from typing import TypedDict

# The package itself does not export it: github.com/pulumi/pulumi, sdk/python/lib/pulumi/automation.
from pulumi.automation._stack import ImportResource

from pipeline import files
from pipeline.adopt.registrations import Registration, Registrations

PACKAGES = {"aws": "pulumi_aws", "random": "pulumi_random"}
"""The provider's version is that of the SDK: with it, `up` uses the same default provider."""


class Content(TypedDict):
    """The file's content."""

    nameTable: dict[str, str]
    resources: list[ImportResource]


def content(
    program: Registrations, ids: Mapping[str, str], known: Collection[str] = frozenset()
) -> Content:
    """The file's content: `ids` are the import ids by URN, `known` the URNs in the state.

    A parent in the state is given by its URN; every other parent is a component of the file.
    """
    parents = program.above(ids)
    components = [_component(one) for one in parents if one.urn not in known]
    resources = [_resource(program.by_urn[urn], physical) for urn, physical in ids.items()]
    table = {_parent_name(one): one.urn for one in parents if one.urn in known}
    return {"nameTable": table, "resources": [*components, *resources]}


def write(file: Path, text: Content) -> None:
    """Replace the file atomically. Raises OSError."""
    files.write(file, json.dumps(text, indent=4) + "\n")


def _component(registered: Registration) -> ImportResource:
    made = ImportResource(
        type=registered.token,
        name=_parent_name(registered),
        logicalName=registered.name,
        component=True,
    )
    return _below(registered, made)


def _resource(registered: Registration, physical_id: str) -> ImportResource:
    package = registered.token.split(":")[0]
    made = ImportResource(
        type=registered.token,
        name=registered.name,
        id=physical_id,
        version=metadata.version(PACKAGES[package]),
    )
    return _below(registered, made)


def _below(registered: Registration, made: ImportResource) -> ImportResource:
    if registered.parent:
        made["parent"] = _name_of(registered.parent)
    return made


def _parent_name(component: Registration) -> str:
    return _name_of(component.urn)


def _name_of(urn: str) -> str:
    """A name of the file alone: a component and a resource may have the same logical name."""
    _, _, types, name = urn.split("::", 3)
    return f"{types.rpartition('$')[2]}::{name}"
