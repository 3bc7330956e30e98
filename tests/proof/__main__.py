"""`make policy-proof`: every rule of the policy pack reports the change that violates it.

Production comes up in an emulated account; then the mutations are previewed with the real engine
and the pack, some at a time, and each must violate exactly its own rule.
"""

import sys

from rich.console import Console
from rich.table import Table

from engine import emulation, pulumi_cli
from engine.deployment import open_stack
from proof import catalog, trial


def main() -> int:
    """Print a line for each mutation, then `caught N of N`."""
    console = Console()
    command = pulumi_cli.find_or_build(console.print, lambda _done, _total: None)
    table = Table("change", "must be caught by", "was caught by")
    caught = 0
    with (
        emulation.account_process(stack="production", speed=600) as account,
        open_stack(
            stack="production", account=account, command=command, policy_packs=[trial.PACK]
        ) as deployed,
    ):
        deployed.up()
        for mutation, by in trial.verdicts(deployed, catalog.MUTATIONS):
            right = by == {mutation.rule}
            caught += right
            style = None if right else "red"
            table.add_row(mutation.what, mutation.rule, ", ".join(sorted(by)) or "-", style=style)
    console.print(table)
    console.print(f"caught {caught} of {len(catalog.MUTATIONS)}")
    return 0 if caught == len(catalog.MUTATIONS) else 1


if __name__ == "__main__":
    sys.exit(main())
