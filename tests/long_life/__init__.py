"""A long life of a stack, by machine: docs/decisions/long-life.md."""
