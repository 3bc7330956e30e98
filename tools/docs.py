"""`make docs`: write the generated pages of docs/ and the picture."""

import shutil
import sys

from engine import emulation, pulumi_cli, stack_file
from engine.deployment import open_stack
from pulumi_moto import coverage
from tools import architecture, policies

DOCS = stack_file.PROJECT_DIR / "docs"
COVERAGE = stack_file.PROJECT_DIR / "packages" / "pulumi-moto" / "COVERAGE.md"
STACK = "production"
FAST = 600.0


def main() -> None:
    """Write COVERAGE.md, policies.md, architecture.json and, with Graphviz, architecture.png."""
    COVERAGE.write_text(coverage.page())
    (DOCS / "policies.md").write_text(policies.page())
    command = pulumi_cli.find_or_build(print, lambda _done, _total: None)
    with (
        emulation.account_process(stack=STACK, speed=FAST) as account,
        open_stack(stack=STACK, account=account, command=command) as deployed,
    ):
        deployed.up()
        exported = deployed.stack.export_stack().deployment
    assert exported is not None
    picture = architecture.picture(exported["resources"])
    (DOCS / "architecture.json").write_text(picture.json())
    if shutil.which("dot") is None:
        sys.exit("Wrote docs/architecture.json. For the PNG, install Graphviz and run it again.")
    architecture.draw(picture, DOCS / "architecture.png")


if __name__ == "__main__":
    main()
