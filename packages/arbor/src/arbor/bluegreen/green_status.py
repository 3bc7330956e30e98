"""bluegreen test: the version under test and its health."""

from dataclasses import dataclass

from arbor.account import Account
from arbor.bluegreen import deployments, targets
from arbor.bluegreen.deployments import ServiceDeployment
from arbor.ecs.health import Opener
from arbor.ecs.services import short
from arbor.incident import public_urls
from arbor.incident.public_urls import UrlCheck


@dataclass(frozen=True, kw_only=True)
class GreenStatus:
    """One service as the green host shows it."""

    service: str
    under_test: bool
    """Otherwise the green host shows the live version."""
    version: str
    revision: str
    state: str
    until: str
    """When the pause times out, in UTC."""
    started_by: str
    targets: targets.Targets | None
    answer: UrlCheck

    @property
    def wrong(self) -> str:
        """Why it isn't healthy; empty if it is."""
        few = self.targets is not None and not self.targets.enough
        return ", ".join(
            filter(
                None, (self.answer.problem, self.targets.summary() if self.targets and few else "")
            )
        )


def read(account: Account, opener: Opener) -> list[GreenStatus]:
    """Every service with a public URL. Raises Refused if no version is under test."""
    found = deployments.read(account)
    if not any(part.waits for part in found):
        raise deployments.none(account, found, "No version is under test.")
    checks = {one.service: one for one in public_urls.request(account, opener, green=True)}
    return [_status(part, checks[part.service.app]) for part in found if part.service.app in checks]


def _status(part: ServiceDeployment, answer: UrlCheck) -> GreenStatus:
    under_test = bool(part.waits)
    return GreenStatus(
        service=part.service.app,
        under_test=under_test,
        version=part.version,
        revision=short(part.revision),
        state=part.state(),
        until=f"{part.until:%Y-%m-%d %H:%M %Z}" if part.until else "",
        started_by=part.record.by if part.record and part.is_ours else "",
        targets=targets.read(part.service, part.rollout.described) if under_test else None,
        answer=answer,
    )
