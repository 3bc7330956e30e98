"""Arguments of each command of `arbor`; a test requires an entry for every command."""

from dataclasses import dataclass

VALID: dict[str, str] = {
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
"""Valid arguments, without --stack and --yes."""

PARTIAL = frozenset({"runbook"})
"""Commands with a partial result: they report missing parts with reasons, and exit 0."""

INTERACTIVE = frozenset({"cache connect", "database connect", "runbook"})
"""Commands without --yes and --json: interactive sessions and documents."""


@dataclass(frozen=True, kw_only=True)
class Invalid:
    """Invalid arguments, and the command's outcome."""

    words: str
    code: int
    message: str
    calls: frozenset[str] | None = None
    """The allowed calls of AWS before the message; None: any read."""


def usage(words: str, message: str) -> Invalid:
    """Invalid usage that typer finds without a call."""
    return Invalid(words=words, code=2, message=message, calls=frozenset())


def no_service(words: str, name: str) -> Invalid:
    """A missing service, reported after ECS has listed the services."""
    return Invalid(
        words=words,
        code=2,
        message=f"'{name}' is not a service of staging; allowed: 'backend', 'frontend'.",
        calls=frozenset({"ecs:ListServices", "ecs:DescribeServices"}),
    )


def mistyped(words: str, message: str) -> Invalid:
    """A value that the command itself rejects."""
    return Invalid(words=words, code=2, message=message)


def refused(words: str, message: str) -> Invalid:
    """A refusal by the account's state."""
    return Invalid(words=words, code=3, message=message)


INVALID: tuple[Invalid, ...] = (
    usage("releese v1.1.0", "No such command"),
    usage("release", "Missing argument"),
    usage("release v1.1.0 --fast", "No such option"),
    usage("migrate --every 0", "--every"),
    usage("health extra", "unexpected extra argument"),
    usage("cache connect --port 80", "--port"),
    usage("cache stats --stack test", "'test' is not one of 'production', 'staging'"),
    usage("database connect --port 80", "--port"),
    usage("database connect --port 65536", "--port"),
    usage("database connections --by mean", "No such option"),
    usage("database connections --stack test", "'test' is not one of 'production', 'staging'"),
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
    mistyped("logs backend --since yesterday", "is not a time; allowed"),
    mistyped("logs backend --since 2999-01-01", "is in the future"),
    mistyped("logs backend --customer " + '"' * 600, "CloudWatch Logs allows 1024"),
    usage("logs backend --slower-than -1", "greater than or equal to 0"),
    usage("logs backend --limit 0", "greater than or equal to 1"),
    no_service("restart backnd --yes", "backnd"),
    mistyped("rollback --to 1 --yes", "--to"),
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
    refused("release v9.9.9 --yes", "Refused, nothing was changed: backend has no image v9.9.9"),
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
        "bluegreen start latest --yes", "latest changes with each build; use the build's own tag"
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
"""Cases on staging; the commands' own tests have those that require more."""
