"""Secrets Manager: secrets scheduled for deletion, and staging labels."""

import json
from collections.abc import Callable

from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    SecretNotFoundException,
)
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend
from moto.secretsmanager.responses import SecretsManagerResponse

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.shapes import Members

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
REFUSED_WHILE_DELETED = (
    "get_secret_value",
    "put_secret_value",
    "update_secret",
    "update_secret_version_stage",
    "tag_resource",
    "untag_resource",
)
Versions = dict[str, Members]


def _is_deleted(self: SecretsManagerBackend, secret_id: str) -> bool:
    found = self.secrets.get(secret_id)
    return found is not None and found.is_deleted()


@corrects(
    SecretsManagerBackend,
    moto="reports an existing secret if one of that name is scheduled for deletion",
    aws="reports that it is scheduled for deletion, with InvalidRequestException",
)
def create_secret(
    original: Callable[..., str],
    self: SecretsManagerBackend,
    name: str,
    *args: object,
    **kwargs: object,
) -> str:
    if _is_deleted(self, name):
        raise InvalidRequestException(
            "You can't create this secret because a secret with this name is already scheduled "
            "for deletion."
        )
    return original(self, name, *args, **kwargs)


@corrects(
    FakeSecret,
    call="secretsmanager.put_secret_value",
    moto="removes all labels from the current version, and keeps a moved label on an older one, "
    "too",
    aws="moves the labels of the new version, and no others",
)
def reset_default_version(
    original: Replacement, self: FakeSecret, secret_version: Members, version_id: str
) -> None:
    versions: Versions = self.versions
    given = secret_version["version_stages"]
    kept = {
        version: [stage for stage in found["version_stages"] if stage not in (*given, PREVIOUS)]
        for version, found in versions.items()
        if version != version_id
    }
    before = self.default_version_id
    original(self, secret_version, version_id)
    for version, stages in kept.items():
        versions[version]["version_stages"] = [*stages, *([PREVIOUS] if version == before else [])]


def _holder(versions: Versions, stage: str) -> str | None:
    return next((v for v, found in versions.items() if stage in found["version_stages"]), None)


@corrects(
    SecretsManagerBackend,
    call="secretsmanager.update_secret_version_stage (labels)",
    moto="attaches a label to a second version, removes AWSCURRENT completely, and returns the old "
    "value after AWSCURRENT was moved",
    aws="refuses the first two; the current value is that of the version with AWSCURRENT",
)
def update_secret_version_stage(
    original: Callable[..., tuple[str, str]],
    self: SecretsManagerBackend,
    secret_id: str,
    version_stage: str,
    remove_from_version_id: str | None,
    move_to_version_id: str | None,
) -> tuple[str, str]:
    secret = self.secrets.get(secret_id)
    versions: Versions = secret.versions if secret else {}
    holder = _holder(versions, version_stage)
    if version_stage == CURRENT and not move_to_version_id:
        raise InvalidParameterException(
            "You can only move staging label AWSCURRENT to a different secret version. It can’t "  # noqa: RUF001 - AWS's words
            "be completely removed."
        )
    if move_to_version_id and holder not in {None, move_to_version_id, remove_from_version_id}:
        raise InvalidParameterException(
            f"The parameter RemoveFromVersionId can't be empty. Staging label {version_stage} is "
            f"currently attached to version {holder}, so you must explicitly reference that "
            "version in RemoveFromVersionId."
        )
    if secret and holder == move_to_version_id and holder is not None:
        return secret.arn, secret.name
    moved = original(self, secret_id, version_stage, remove_from_version_id, move_to_version_id)
    if version_stage == CURRENT and isinstance(secret, FakeSecret):
        secret.set_default_version_id(move_to_version_id)
    return moved


@corrects(
    SecretsManagerResponse,
    moto="returns the current time as creation of each version, always lists versions without a "
    "label, and fails for a missing secret",
    aws="returns each one's own, lists those only with IncludeDeprecated, and refuses a missing "
    "secret with ResourceNotFoundException",
)
def list_secret_version_ids(_original: Replacement, self: SecretsManagerResponse) -> str:
    secret = self.backend.secrets.get(self._get_param("SecretId", if_none=""))
    if not isinstance(secret, FakeSecret):
        raise SecretNotFoundException
    every = self._get_bool_param("IncludeDeprecated", if_none=False)
    versions: Versions = secret.versions
    listed = [
        {
            "VersionId": version,
            "CreatedDate": found["createdate"],
            **({"VersionStages": found["version_stages"]} if found["version_stages"] else {}),
        }
        for version, found in versions.items()
        if every or found["version_stages"]
    ]
    return json.dumps({"ARN": secret.arn, "Name": secret.name, "Versions": listed})


def _refused(
    original: Replacement, self: SecretsManagerBackend, *args: object, **kwargs: object
) -> object:
    secret_id = str(args[0] if args else kwargs.get("secret_id", kwargs.get("arn")))
    if _is_deleted(self, secret_id):
        raise InvalidRequestException(
            "You can't perform this operation on the secret because it was marked for deletion."
        )
    return original(self, *args, **kwargs)


# Registered after the correction above, so that this one runs first.
for operation in REFUSED_WHILE_DELETED:
    corrects(
        SecretsManagerBackend,
        operation,
        call=f"secretsmanager.{operation}",
        moto="accepts a secret scheduled for deletion, or refuses it with another message",
        aws="refuses it with InvalidRequestException",
    )(_refused)
