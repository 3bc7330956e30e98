"""The revisions to roll back to: version, owner, and whether the image exists."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from arbor.account import Account, together, typed
from arbor.ecs import images, revisions, services


@dataclass(frozen=True, kw_only=True)
class Row:
    """One active revision of a service."""

    service: str
    revision: str
    """`family:number`."""
    number: int
    image: str
    version: str
    registered: datetime | None
    by: str
    """The principal that registered it; empty if ECS has none."""
    managed_by: str
    """Its tag `ManagedBy`, such as `pulumi` or `release`."""
    live: bool
    has_image: bool | None
    """None for an image outside ECR, which is not checked."""


def rows(account: Account, apps: tuple[str, ...], limit: int) -> list[Row]:
    """The newest first, `limit` of each service. Raises Refused without a service."""
    found = together(*(partial(_of, account, app, limit) for app in apps))
    return [row for of_service in found for row in of_service]


def _of(account: Account, app: str, limit: int) -> list[Row]:
    service = services.read(account, app)
    live = service.live()
    newest = list(islice(revisions.newest_first(account, service.name), limit))
    return together(*(partial(_row, service, arn, is_live=arn == live) for arn in newest))


def _row(service: services.Service, arn: str, *, is_live: bool) -> Row:
    found = revisions.read(service.account, arn)
    image = images.parse(found.image(service.app))
    return Row(
        service=service.app,
        revision=services.short(arn),
        number=revisions.number(arn),
        image=found.image(service.app),
        version=image.version if image else "",
        registered=found.definition.get("registeredAt"),
        by=str(found.definition.get("registeredBy", "")),
        managed_by=found.tags.get(revisions.MANAGED_BY, ""),
        live=is_live,
        has_image=None if image is None else not list(images.missing(service.account, image)),
    )


def unknown(found: list[Row], apps: tuple[str, ...], stack: str) -> Iterator[str]:
    """A sentence for each service whose live revision is unknown."""
    for app in apps:
        if not any(row.live for row in found if row.service == app):
            yield (
                f"The live revision of {app} is unknown or not in this list: a deployment is in "
                f"progress or incomplete; run `{typed('arbor status', stack)}`."
            )
