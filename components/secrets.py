"""The stack's passwords and keys: RandomPassword, Secret and SecretVersion for each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pulumi
import pulumi_aws as aws
import pulumi_random as random

PASSWORD_LENGTH: Final = 40
"""Letters and digits only, 238 bits. RDS refuses / @ " and space, ElastiCache nearly all other
special characters, and a connection URL needs no escaping for letters and digits."""
SECRET_KEY_LENGTH: Final = 64
INITIAL: Final = "arbor-initial"
"""A staging label on the version that Pulumi writes. Secrets Manager deletes a version without a
label; with this one a refresh finds the version after every rotation, and no `up` writes the first
password again."""


@dataclass(frozen=True, kw_only=True)
class SecretsArgs:
    """Names of the secrets, as operators type them."""

    database_secret: str
    cache_secret: str
    app_secret: str
    database_user: str
    kms_key_arn: pulumi.Input[str]
    recovery_days: int
    """0 deletes at once; with 7 to 30 the name stays reserved for these days."""
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.recovery_days not in (0, *range(7, 31)):
            raise ValueError(
                f"{self.database_secret}: recovery_days must be 0 or 7 to 30, "
                f"got {self.recovery_days}"
            )


class Secrets(pulumi.ComponentResource):
    """The first values; rotations replace them, and Pulumi ignores later values."""

    database_password: pulumi.Output[str]
    cache_token: pulumi.Output[str]
    database_arn: pulumi.Output[str]
    """JSON with exactly `username` and `password`."""
    cache_arn: pulumi.Output[str]
    """JSON with `password`."""
    app_arn: pulumi.Output[str]
    """JSON with `SECRET_KEY`."""

    def __init__(
        self, name: str, args: SecretsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:security:Secrets", name, None, opts)
        self._name = name
        self._args = args

        self.database_password = self._generate("database", PASSWORD_LENGTH)
        self.cache_token = self._generate("cache", PASSWORD_LENGTH)
        secret_key = self._generate("app", SECRET_KEY_LENGTH)
        self.database_arn = self._store(
            "database",
            args.database_secret,
            "User and password of the database",
            {"username": args.database_user, "password": self.database_password},
        )
        self.cache_arn = self._store(
            "cache", args.cache_secret, "AUTH token of the cache", {"password": self.cache_token}
        )
        self.app_arn = self._store(
            "app", args.app_secret, "Keys of the application", {"SECRET_KEY": secret_key}
        )
        self.register_outputs(
            {
                "database_arn": self.database_arn,
                "cache_arn": self.cache_arn,
                "app_arn": self.app_arn,
            }
        )

    def _generate(self, purpose: str, length: int) -> pulumi.Output[str]:
        password = random.RandomPassword(
            f"{self._name}-{purpose}-random",
            length=length,
            special=False,
            # Database and secret ignore a new value, so a change must not generate one.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["length", "special"]),
        )
        return pulumi.Output.secret(password.result)

    def _store(
        self,
        purpose: str,
        physical: str,
        description: str,
        first: Mapping[str, pulumi.Input[str]],
    ) -> pulumi.Output[str]:
        secret = aws.secretsmanager.Secret(
            f"{self._name}-{purpose}-secret",
            name=physical,
            description=description,
            kms_key_id=self._args.kms_key_arn,
            recovery_window_in_days=self._args.recovery_days,
            tags=self._args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        version = aws.secretsmanager.SecretVersion(
            f"{self._name}-{purpose}-first",
            secret_id=secret.arn,
            secret_string=pulumi.Output.json_dumps(first),
            version_stages=["AWSCURRENT", INITIAL],
            opts=pulumi.ResourceOptions(
                parent=self, ignore_changes=["secretString", "versionStages"]
            ),
        )
        # Depends on the version, so that no task starts before the secret has a value.
        return pulumi.Output.all(secret.arn, version.id).apply(lambda both: str(both[0]))
