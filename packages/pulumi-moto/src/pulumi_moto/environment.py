"""Environment variables: of the account's clients, and of moto before it is imported."""

import os
from collections.abc import Mapping
from typing import Final

CLOSED_PROXY = "http://127.0.0.1:9"
"""Port 9 (discard) is closed: a request to any other address fails."""
WITHOUT_IMAGES: Final = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
"""1300 machine images take longer to make than a stack, and nothing here starts a machine."""


def client_environment(endpoint: str, region: str) -> dict[str, str]:
    """The environment of any AWS client that shall see the emulated account, and only it."""
    closed = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), CLOSED_PROXY)
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        # No profile, no metadata service: nothing but the credentials above.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        **closed,
        **{name.lower(): value for name, value in closed.items()},
    }


def moto_environment(account_id: str) -> Mapping[str, str]:
    """What moto must find in the environment before it is imported."""
    return {
        "MOTO_ACCOUNT_ID": account_id,
        # Without this, attaching any policy that AWS manages is NoSuchEntity.
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        **WITHOUT_IMAGES,
    }
