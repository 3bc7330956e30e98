"""The containers get the environment that the application reads."""

import json
from typing import Any

import pulumi

import application
from arbor_names import naming, pools
from components.secrets import Secrets, SecretsArgs
from harness import declare, plain

DATABASE = application.DatabaseAccess(
    host="db.internal", port=5432, name="arbor_production", secret_arn="arn:db"
)
CACHE = application.CacheAccess(host="cache.internal", port=6379, secret_arn="arn:redis")


def resolved(variables: dict[str, pulumi.Input[str]]) -> dict[str, str]:
    seen: dict[str, str] = {}
    declare(lambda: pulumi.Output.all(**variables).apply(seen.update))
    return seen


def test_the_backend_gets_its_stores_and_no_plain_secret() -> None:
    plain_variables = resolved(
        application.environment(
            name="production", domain="arbor-energy.com", database=DATABASE, cache=CACHE
        )
    )
    assert plain_variables == {
        "ENVIRONMENT": "production",
        "DEBUG": "false",
        "GUNICORN_CMD_ARGS": "--keep-alive 75",
        "FORWARDED_ALLOW_IPS": "*",
        "CORS_ORIGINS": '["https://arbor-energy.com", "https://green.arbor-energy.com"]',
        "POSTGRES_HOST": "db.internal",
        "POSTGRES_PORT": "5432",
        "POSTGRES_DB": "arbor_production",
        "REDIS_HOST": "cache.internal",
        "REDIS_PORT": "6379",
        "REDIS_SSL": "true",
    }


def test_the_command_listens_on_the_target_port_with_the_workers() -> None:
    command = application.command(port=9000, workers=3)
    assert command[command.index("--bind") + 1] == "0.0.0.0:9000"
    assert pools.workers_of(command) == 3
    assert application.command(port=3000, workers=None) == ()


def test_secrets_are_referenced_by_arn_and_key_of_the_current_version() -> None:
    assert resolved(
        application.secrets(app_secret_arn="arn:app", database=DATABASE, cache=CACHE)
    ) == {
        "SECRET_KEY": "arn:app:SECRET_KEY::",
        "POSTGRES_USER": "arn:db:username::",
        "POSTGRES_PASSWORD": "arn:db:password::",
        "REDIS_PASSWORD": "arn:redis:password::",
    }


def test_no_variable_is_both_plain_and_secret() -> None:
    variables = application.environment(
        name="staging", domain="a.example", database=DATABASE, cache=CACHE
    )
    hidden = application.secrets(app_secret_arn="arn:app", database=DATABASE, cache=CACHE)
    assert not variables.keys() & hidden.keys()


def test_the_frontend_listens_on_every_address_and_gets_no_secret() -> None:
    variables = application.environment(name="staging", domain="a.example")

    assert resolved(variables) == {
        "ENVIRONMENT": "staging",
        "DEBUG": "false",
        "HOSTNAME": "0.0.0.0",
        "KEEP_ALIVE_TIMEOUT": "75000",
    }
    assert application.secrets(app_secret_arn="arn:app") == {}
    assert application.secret_arns(app_secret_arn="arn:app") == ()


def test_a_service_gets_only_the_stores_that_it_uses() -> None:
    variables = application.environment(name="staging", domain="a.example", cache=CACHE)
    hidden = application.secrets(app_secret_arn="arn:app", cache=CACHE)

    assert not [name for name in (*variables, *hidden) if name.startswith("POSTGRES")]
    assert application.secret_arns(app_secret_arn="arn:app", cache=CACHE) == (
        "arn:app",
        "arn:redis",
    )


def test_every_key_of_a_task_is_in_its_secret() -> None:
    args = SecretsArgs(
        database_secret=naming.secret("test", "db"),
        cache_secret=naming.secret("test", "redis"),
        app_secret=naming.secret("test", "app"),
        database_user=naming.DATABASE_USER,
        kms_key_arn="arn:kms",
        recovery_days=0,
    )
    seen: dict[str, str] = {}

    def program() -> None:
        made = Secrets("secrets", args)
        hidden = application.secrets(
            app_secret_arn=made.app_arn,
            database=application.DatabaseAccess(
                host="h", port=1, name="n", secret_arn=made.database_arn
            ),
            cache=application.CacheAccess(host="h", port=1, secret_arn=made.cache_arn),
        )
        pulumi.Output.all(**hidden).apply(seen.update)

    written = declare(program).all("aws:secretsmanager/secretVersion:SecretVersion")
    keys: dict[str, dict[str, Any]] = {
        version["secretId"]: json.loads(plain(version["secretString"]))
        for version in written.values()
    }
    for value_from in seen.values():
        arn, key, stage, version = value_from.rsplit(":", 3)
        assert key in keys[arn]
        assert (stage, version) == ("", "")
    requested = {tuple(value_from.rsplit(":", 3)[:2]) for value_from in seen.values()}
    assert requested == {(arn, key) for arn, secret in keys.items() for key in secret}
