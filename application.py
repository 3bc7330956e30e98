"""The environment variables and secrets that the application requires.

The names are the application's own (its `app/core/config.py`). A service that uses the database
or the cache is the Python backend; one that uses neither is a Next.js server.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from arbor_names import naming
from arbor_names.waits import KEEP_ALIVE_SECONDS

# The prefix of its API's paths, and the paths that its own request limit exempts.
API, UNCOUNTED = "/api/", ("/api/v1/health",)
# Environment of a gunicorn server; its command line takes precedence.
# https://docs.gunicorn.org/en/stable/settings.html#settings
GUNICORN: Mapping[str, str] = {
    # Also for its uvicorn workers; the default of 2 seconds is shorter than the load balancer's
    # idle timeout.
    "GUNICORN_CMD_ARGS": f"--keep-alive {KEEP_ALIVE_SECONDS}",
    # Trust the load balancer's header with the client's scheme; otherwise redirects lead to
    # http://. Every address, because those of the load balancer change, and the security group
    # admits no other peer.
    "FORWARDED_ALLOW_IPS": "*",
}
# Environment of a Next.js server that `output: standalone` has built.
# https://github.com/vercel/next.js/blob/canary/packages/next/src/build/utils.ts
NEXT: Mapping[str, str] = {
    # The default is the task's host name only.
    "HOSTNAME": "0.0.0.0",  # noqa: S104 - behind the load balancer only
    "KEEP_ALIVE_TIMEOUT": str(KEEP_ALIVE_SECONDS * 1000),
}


@dataclass(frozen=True, kw_only=True)
class DatabaseAccess:
    """The address of PostgreSQL, and the secret with `username` and `password`."""

    host: pulumi.Input[str]
    port: pulumi.Input[int]
    name: str
    secret_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class CacheAccess:
    """The address of Redis, and the secret with `password`."""

    host: pulumi.Input[str]
    port: pulumi.Input[int]
    secret_arn: pulumi.Input[str]


def command(*, port: int, workers: int | None) -> tuple[str, ...]:
    """The backend image's own command, with this port and number of workers.

    The image's command line has 4 workers, and no variable lowers them (`backend/Dockerfile.prod`).
    Empty without `workers`: the image's command applies.
    """
    if workers is None:
        return ()
    return (
        *("gunicorn", "app.main:app", "--workers", str(workers)),
        *("--worker-class", "uvicorn.workers.UvicornWorker"),
        *("--bind", f"0.0.0.0:{port}"),
        *("--access-logfile", "-", "--error-logfile", "-"),
        *("--capture-output", "--enable-stdio-inheritance"),
    )


def environment(
    *,
    name: str,
    domain: str,
    database: DatabaseAccess | None = None,
    cache: CacheAccess | None = None,
) -> dict[str, pulumi.Input[str]]:
    """Plain variables, without secrets, of a service that uses this database and cache.

    `name` is the application's ENVIRONMENT: `production` or `staging`.
    """
    variables: dict[str, pulumi.Input[str]] = {
        "ENVIRONMENT": name,
        "DEBUG": "false",
    }
    if database is None and cache is None:
        return {**variables, **NEXT}
    variables |= GUNICORN
    variables["CORS_ORIGINS"] = cors_origins(domain)
    if database is not None:
        variables |= {
            "POSTGRES_HOST": database.host,
            "POSTGRES_PORT": _text(database.port),
            "POSTGRES_DB": database.name,
        }
    if cache is not None:
        variables |= {
            "REDIS_HOST": cache.host,
            "REDIS_PORT": _text(cache.port),
            "REDIS_SSL": "true",
        }
    return variables


def secrets(
    *,
    app_secret_arn: pulumi.Input[str],
    database: DatabaseAccess | None = None,
    cache: CacheAccess | None = None,
) -> dict[str, pulumi.Input[str]]:
    """Variables that ECS reads from Secrets Manager, each with its `valueFrom`.

    The database's user is a secret too, because a rotation replaces user and password together,
    and ECS refuses a name in both lists.
    """
    if database is None and cache is None:
        return {}
    variables: dict[str, pulumi.Input[str]] = {
        "SECRET_KEY": value_from(app_secret_arn, "SECRET_KEY"),
    }
    if database is not None:
        variables["POSTGRES_USER"] = value_from(database.secret_arn, "username")
        variables["POSTGRES_PASSWORD"] = value_from(database.secret_arn, "password")
    if cache is not None:
        variables["REDIS_PASSWORD"] = value_from(cache.secret_arn, "password")
    return variables


def secret_arns(
    *,
    app_secret_arn: pulumi.Input[str],
    database: DatabaseAccess | None = None,
    cache: CacheAccess | None = None,
) -> tuple[pulumi.Input[str], ...]:
    """ARNs that the execution role reads for `secrets`."""
    if database is None and cache is None:
        return ()
    stores = (access.secret_arn for access in (database, cache) if access is not None)
    return (app_secret_arn, *stores)


def cors_origins(domain: str) -> str:
    """Origins that may call the API, with the green host for tests of a new version."""
    return json.dumps([f"https://{host}" for host in (domain, naming.green_host(domain))])


def value_from(secret_arn: pulumi.Input[str], key: str) -> pulumi.Output[str]:
    """`valueFrom` of one key of a JSON secret, in its current version.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    return pulumi.Output.concat(secret_arn, ":", key, "::")


def _text(number: pulumi.Input[int]) -> pulumi.Output[str]:
    return pulumi.Output.from_input(number).apply(str)
