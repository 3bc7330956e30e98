"""A service's deployments, and the target of a rollback by them (docs/decisions/rollback.md)."""

from dataclasses import dataclass, field


def _number(revision: str) -> int:
    return int(revision.rsplit(":", 1)[-1])


@dataclass
class Past:
    """The deployments, the newest first."""

    first: str
    version: str
    deployments: list[tuple[str, bool]] = field(default_factory=list)
    """Revision, and whether it succeeded."""
    version_of: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.went(self.first, self.version)

    def went(self, revision: str, version: str | None = None) -> None:
        """Record a successful deployment."""
        self.deployments.insert(0, (revision, True))
        if version is not None:
            self.version_of[revision] = version

    def came_to_nothing(self, revision: str) -> None:
        """Record a deployment that was rolled back."""
        self.deployments.insert(0, (revision, False))

    def before(self) -> str | None:
        """The revision of a rollback; None if the service stays unchanged."""
        live = next(revision for revision, succeeded in self.deployments if succeeded)
        for revision, succeeded in self.deployments:
            if revision == live:
                continue
            if _number(revision) > _number(live):
                return None  # that revision was rolled back
            if succeeded:
                return revision
        return None
