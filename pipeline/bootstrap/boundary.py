"""The policy that bounds the program's roles: without it, none of them can be made."""

from collections.abc import Iterator

from access import boundary
from arbor.procedure import Step
from arbor_names import naming
from pipeline.bootstrap import managed
from pipeline.bootstrap.place import Place


def refuse(place: Place) -> None:
    """Raises Refused for a policy of that name that bootstrap did not make."""
    managed.refuse(place, naming.boundary(place.stack))


def steps(place: Place) -> Iterator[Step]:
    """It is there, and bounds the stack's roles to what they are for."""
    yield from managed.steps(
        place,
        naming.boundary(place.stack),
        boundary.of_program(place.pipeline),
        f"bound the roles of {place.stack}",
    )
