"""What each command of `arbor` is tried with: a line for every command, or a test fails."""

from dataclasses import dataclass

RIGHT: dict[str, str] = {
    "audit access": "",
    "audit certificate": "",
    "audit secrets": "",
    "audit security-groups": "",
    "bluegreen abort": "",
    "bluegreen start": "v1.1.0",
    "bluegreen switch": "--no-url",
    "bluegreen test": "",
    "cache clear": "plans:*",
    "cache connect": "--tunnel-only",
    "cache flush": "--confirm staging",
    "cache snapshot": "",
    "cache snapshots": "",
    "cache stats": "",
    "cache warm": "",
    "database connect": "--tunnel-only",
    "database connections": "",
    "database restore": "--to 2026-01-27T12:00:00Z",
    "database scale": "db.t3.large",
    "database snapshot": "",
    "database snapshots": "",
    "database top-queries": "",
    "deploy": "v1.1.0 --no-url",
    "health": "",
    "logs backend": "",
    "logs export": "backend",
    "logs frontend": "",
    "logs migrations": "",
    "migrate": "",
    "release": "v1.1.0 --no-url",
    "resize": "backend --cpu 1024 --memory 2048",
    "restart": "backend",
    "revisions": "",
    "rollback": "backend",
    "rotate-first": "--no-url",
    "rotate-key": "--no-url",
    "rotate-password": "",
    "rotate-token": "",
    "runbook": "",
    "scale": "backend 4",
    "slow-queries": "",
    "status": "",
    "triage": "",
    "verify": "v1.1.0",
}
"""Arguments that are right, without --stack and --yes."""

TELLS_WHAT_IT_CAN = frozenset({"runbook"})
"""These answer with what they could find, and say of the rest why it is not there: exit code 0."""

NEITHER = frozenset({"cache connect", "database connect", "runbook"})
"""Neither writes (--yes, --dry-run) nor answers once (--json): a session of a person."""


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """Arguments that are wrong, and how that ends."""

    words: str
    code: int
    says: str
    asks: frozenset[str] | None = None
    """The calls of AWS that may be made before it is told; None for any that reads."""


def usage(words: str, says: str) -> Wrong:
    """What typer knows to be wrong, without asking anybody."""
    return Wrong(words=words, code=2, says=says, asks=frozenset())


def no_service(words: str, name: str) -> Wrong:
    """A service that the stack lacks: told once ECS has listed those that there are."""
    return Wrong(
        words=words,
        code=2,
        says=f"'{name}' is not a service of staging; allowed: 'backend', 'frontend'.",
        asks=frozenset({"ecs:ListServices", "ecs:DescribeServices"}),
    )


def refused(words: str, says: str) -> Wrong:
    """What only the account can tell."""
    return Wrong(words=words, code=3, says=says)


WRONG: tuple[Wrong, ...] = (
    usage("releese v1.1.0", "No such command"),
    usage("release", "Missing argument"),
    usage("release v1.1.0 --fast", "No such option"),
    usage("migrate --every 0", "--every"),
    usage("health extra", "unexpected extra argument"),
    usage("database connect --port 80", "--port"),
    usage("database connect --port 65536", "--port"),
    usage("database connections --by mean", "No such option"),
    usage("database top-queries --limit 0", "--limit"),
    usage("database top-queries --limit 1001", "--limit"),
    usage("database top-queries --limit ten", "--limit"),
    usage("database top-queries --by size", "--by"),
    usage("rotate-password --every -1", "--every"),
    usage("rotate-token --two-users", "No such option"),
    usage("rotate-key KEY", "unexpected extra argument"),
    usage("rotate-first --stack other", "'other' is not one of 'production', 'staging'"),
    usage("audit everything", "No such command"),
    no_service("logs database", "database"),
    no_service("logs export database --yes", "database"),
    usage("logs backend --slower-than -1", "--slower-than"),
    no_service("restart database --yes", "database"),
    no_service("rollback database --yes", "database"),
    usage("scale backend", "Missing argument"),
    usage("scale backend many", "COUNT"),
    usage("scale backend 0", "COUNT"),
    no_service("scale database 2 --yes", "database"),
    usage("resize backend --cpu 1024", "--memory"),
    usage("database scale", "Missing argument"),
    usage("database restore", "--to"),
    usage("bluegreen start", "Missing argument"),
    usage("bluegreen begin v1.1.0", "No such command"),
    usage("cache clear", "Missing argument"),
    refused("release latest --yes", "latest is not a version; allowed: the images' tag (v1.2.3, a"),
    refused(
        "deploy v1/1 --yes", "v1/1 is not a version; allowed: the images' tag (v1.2.3, a git SHA)"
    ),
    refused("release v9.9.9 --yes", "backend has no image v9.9.9"),
    refused("deploy v9.9.9 --yes", "backend has no image v9.9.9"),
    refused("deploy v9.9.9 --dry-run", "backend has no image v9.9.9"),
    refused("migrate --version v9.9.9 --yes", "has no image v9.9.9"),
    refused("rollback backend --to 99 --yes", "There is no revision arbor-staging-backend:99"),
    refused(
        "rollback backend --to a/b: --yes", "a/b: is neither a revision nor a version; allowed:"
    ),
    refused("rollback backend --to v9 --yes", "revisions of arbor-staging-backend runs v9"),
    refused("bluegreen start v9.9.9 --yes", "backend has no image v9.9.9"),
    refused(
        "bluegreen start latest --yes", "latest moves with each build: name the build's own tag"
    ),
    refused("resize backend --cpu 1000 --memory 2048 --yes", "allowed: 256, 512, 1024"),
    refused("resize backend --cpu 1024 --memory 512 --yes", "allowed with 1024 CPU units: 2048"),
    refused("scale backend 4 --until noon --yes", "--until noon is not a time; allowed:"),
    refused("cache flush --confirm production --yes", "and the stack is staging"),
    refused("cache flush --yes", "add --confirm staging"),
    refused(
        "cache clear * --yes", "`*` matches every key; use `arbor cache flush --stack staging`."
    ),
    refused("runbook --html /nowhere/at/all.html", "can't be written"),
)
"""Each is tried on staging; the command's own tests try what needs more than that."""
