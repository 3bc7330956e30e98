import json
from dataclasses import replace

import pulumi
import pytest

from components.secrets import Secrets, SecretsArgs
from harness import ACCOUNT, REGION, declare, is_secret, outputs, plain

SECRET = "aws:secretsmanager/secret:Secret"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
RANDOM = "random:index/randomPassword:RandomPassword"
ARGS = SecretsArgs(
    database_secret="arbor/test/db",
    cache_secret="arbor/test/redis",
    app_secret="arbor/test/app",
    database_user="arbor_user",
    kms_key_arn="arn:kms",
    recovery_days=30,
    tags={"Stack": "test"},
)


def test_each_secret_has_its_name_key_and_recovery_window() -> None:
    secrets = declare(lambda: Secrets("secrets", ARGS)).all(SECRET).values()

    assert {s["name"] for s in secrets} == {"arbor/test/db", "arbor/test/redis", "arbor/test/app"}
    for secret in secrets:
        assert secret["kmsKeyId"] == "arn:kms"
        assert secret["recoveryWindowInDays"] == 30
        assert secret["tags"] == {"Stack": "test"}


def test_the_first_values_have_exactly_the_keys_of_rotation_and_tasks() -> None:
    versions = declare(lambda: Secrets("secrets", ARGS)).all(VERSION).values()
    keys = {v["secretId"].rsplit(":", 1)[1]: json.loads(plain(v["secretString"])) for v in versions}

    assert list(keys["arbor/test/db"]) == ["username", "password"]
    assert keys["arbor/test/db"]["username"] == "arbor_user"
    assert list(keys["arbor/test/redis"]) == ["password"]
    assert list(keys["arbor/test/app"]) == ["SECRET_KEY"]


def test_a_rotated_value_is_never_overwritten() -> None:
    recorder = declare(lambda: Secrets("secrets", ARGS))

    for (token, _), options in recorder.options.items():
        if token == VERSION:
            assert options.ignore_changes == ["secretString", "versionStages"]
        if token == RANDOM:
            assert options.ignore_changes == ["length", "special"]
    assert len(recorder.all(VERSION)) == len(recorder.all(RANDOM)) == 3


def test_the_first_version_keeps_its_own_label_after_a_rotation() -> None:
    for version in declare(lambda: Secrets("secrets", ARGS)).all(VERSION).values():
        assert version["versionStages"] == ["AWSCURRENT", "arbor-initial"]


def test_every_password_is_a_secret_value() -> None:
    recorder = declare(lambda: Secrets("secrets", ARGS))
    for version in recorder.all(VERSION).values():
        assert is_secret(version["secretString"])

    def program() -> None:
        made = Secrets("secrets", ARGS)
        found = {"database": made.database_password, "cache": made.cache_token}
        pulumi.CustomResource("test:index:Reader", "reader", found)

    given = declare(program).only("test:index:Reader")
    assert is_secret(given["database"])
    assert is_secret(given["cache"])


def test_passwords_are_valid_for_rds_and_elasticache() -> None:
    passwords = declare(lambda: Secrets("secrets", ARGS)).all(RANDOM)

    for name, password in passwords.items():
        assert password["special"] is False, "no / @ and nothing that a URL must escape"
        assert 16 <= password["length"] <= 128, name


def test_an_invalid_recovery_window_is_refused() -> None:
    with pytest.raises(ValueError, match=r"arbor/test/db: recovery_days .* got 3"):
        replace(ARGS, recovery_days=3)


def test_outputs_and_parents() -> None:
    found = outputs(lambda: Secrets("secrets", ARGS), "database_arn", "cache_arn", "app_arn")
    base = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:arbor/test"

    assert found == {
        "database_arn": f"{base}/db",
        "cache_arn": f"{base}/redis",
        "app_arn": f"{base}/app",
    }
    assert declare(lambda: Secrets("secrets", ARGS)).unparented == [
        "arbor:security:Secrets::secrets"
    ]
