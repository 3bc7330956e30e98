"""Environment variables of the account's clients, and of moto before its import."""

import os
from collections.abc import Mapping
from typing import Final

CLOSED_PROXY = "http://127.0.0.1:9"
"""Port 9 (discard) is closed: a request to any other address fails."""
WITHOUT_IMAGES: Final = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
"""Without moto's 1300 machine images, which take longer to create than a stack."""


def client_environment(endpoint: str, region: str) -> dict[str, str]:
    """Return the environment in which an AWS client reaches the emulated account only."""
    closed = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), CLOSED_PROXY)
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        # No profile and no metadata service: only the credentials above.
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
    """Return the variables that moto reads when it is imported."""
    return {
        "MOTO_ACCOUNT_ID": account_id,
        # Without this, attaching an AWS managed policy fails with NoSuchEntity.
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        **WITHOUT_IMAGES,
    }
