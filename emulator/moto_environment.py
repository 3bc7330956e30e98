"""What moto must find in the environment before it is imported."""

from collections.abc import Mapping


def moto_environment(account_id: str) -> Mapping[str, str]:
    return {
        "MOTO_ACCOUNT_ID": account_id,
        # Without this, attaching any policy that AWS manages is NoSuchEntity.
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    }
