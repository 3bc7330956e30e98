"""Fixtures of the scaling commands."""

from scale_fixtures import scaled

__all__ = ["scaled"]
