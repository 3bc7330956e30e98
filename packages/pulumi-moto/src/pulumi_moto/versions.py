"""Versions under which the attached providers report themselves to the engine."""

from importlib import metadata

AWS_VERSION = "7.8.0"
"""Of the `aws` plugin under awsx's own children, where the engine makes a second default provider.
awsx pins it exactly (pulumi-awsx, awsx/package.json)."""
AWSX_VERSION = "3.11.0"


def sdk_version(distribution: str, *, otherwise: str) -> str:
    """Return the installed version of a Python SDK; `otherwise` for programs in other languages."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return otherwise
