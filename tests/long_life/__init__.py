"""The long life of a stack, generated: docs/decisions/long-life.md."""
