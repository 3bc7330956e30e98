"""`make docs`: write the generated pages and pictures of docs/ anew."""

import shutil
import subprocess
import sys

from engine import emulation, pulumi_cli, stack_file
from engine.deployment import open_stack
from tools import architecture, coverage, policies

DOCS = stack_file.PROJECT_DIR / "docs"
STACK = "production"
FAST = 600.0


def main() -> None:
    """Write coverage.md, policies.md, architecture.dot and, with Graphviz, architecture.svg."""
    (DOCS / "coverage.md").write_text(coverage.page())
    (DOCS / "policies.md").write_text(policies.page())
    command = pulumi_cli.find_or_build(print, lambda _done, _total: None)
    with (
        emulation.account_process(stack=STACK, speed=FAST) as account,
        open_stack(stack=STACK, account=account, command=command) as deployed,
    ):
        deployed.up()
        exported = deployed.stack.export_stack().deployment
    assert exported is not None
    source = DOCS / "architecture.dot"
    source.write_text(architecture.picture(exported["resources"]).dot(f"arbor {STACK}"))
    dot = shutil.which("dot")
    if dot is None:
        sys.exit("docs/architecture.dot is written; for the picture, install Graphviz and repeat.")
    subprocess.run(  # noqa: S603 - dot as shutil.which found it, files of ours
        [dot, "-Tsvg", str(source), "-o", str(source.with_suffix(".svg"))], check=True
    )


if __name__ == "__main__":
    main()
