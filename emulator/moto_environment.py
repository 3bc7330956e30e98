"""What moto, and gRPC, must find in the environment before they are imported."""

from collections.abc import Mapping


def moto_environment(account_id: str) -> Mapping[str, str]:
    return {
        "MOTO_ACCOUNT_ID": account_id,
        # Without this, attaching any policy that AWS manages is NoSuchEntity.
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        # A copy of the account (emulator/fork.py) speaks no gRPC, and gRPC need not prepare for it.
        "GRPC_ENABLE_FORK_SUPPORT": "false",
    }
