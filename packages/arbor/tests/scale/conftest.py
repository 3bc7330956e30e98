"""Fixtures of the scaling commands."""

from scale_world import scaled

__all__ = ["scaled"]
