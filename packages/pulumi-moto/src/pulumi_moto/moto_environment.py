"""What moto must find in the environment before it is imported."""

from collections.abc import Mapping
from typing import Final

WITHOUT_IMAGES: Final = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
"""1300 machine images take longer to make than a stack, and nothing here starts a machine."""


def moto_environment(account_id: str) -> Mapping[str, str]:
    return {
        "MOTO_ACCOUNT_ID": account_id,
        # Without this, attaching any policy that AWS manages is NoSuchEntity.
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        **WITHOUT_IMAGES,
    }
