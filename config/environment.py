"""The environment of a stack, independent of its name (docs/decisions/environment.md)."""

from typing import Final

from config.reader import Reader

PRODUCTION: Final = "production"
ENVIRONMENTS: Final = (PRODUCTION, "staging")
"""Values of the application's ENVIRONMENT."""


def read_environment(config: Reader, stack: str) -> str:
    """`production` or `staging`; the stack named production must be production."""
    environment = config.choice("environment", ENVIRONMENTS)
    if stack == PRODUCTION and config.good("environment") and environment != PRODUCTION:
        config.refuse(
            "environment",
            "production for the stack named production; use another stack name for another "
            "environment",
        )
    return environment
