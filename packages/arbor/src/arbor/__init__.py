"""The operators' commands: the runbook, each procedure one command."""
