"""The world of the commands that scale."""

from scale_world import scaled

__all__ = ["scaled"]
