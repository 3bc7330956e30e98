"""`arbor --help` knows all commands, though it loads none of them."""

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer
from typer.main import get_group
from typer.testing import CliRunner

from operations.__main__ import app
from operations.index import COMMANDS

ROOT = Path(__file__).parents[2]
SECTIONS = sorted(path.parent.name for path in (ROOT / "operations").glob("*/commands.py"))


def rows(section: str) -> dict[str, tuple[str, str]]:
    """As the section's own commands say it."""
    one = typer.Typer()
    one.add_typer(import_module(f"operations.{section}.commands").app)
    return {
        name: (section, " ".join(inspect.cleandoc(command.help or "").split("\n\n")[0].split()))
        for name, command in get_group(one).commands.items()
    }


@pytest.mark.parametrize("section", SECTIONS)
def test_the_index_says_what_the_commands_say(section: str) -> None:
    indexed = {name: row for name, row in COMMANDS.items() if row[0] == section}
    expected = rows(section)
    assert indexed == expected, f"in operations/index.py:\n{expected}"


def test_every_section_of_the_index_is_there() -> None:
    assert {section for section, _ in COMMANDS.values()} == set(SECTIONS)


def test_help_says_whole_sentences_and_loads_no_section() -> None:
    code = (
        "import sys; from operations.__main__ import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "loaded = sorted(name for name in sys.modules if name.startswith('operations.'))\n"
        "print(loaded, {'rich', 'boto3'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr.strip() == "['operations.__main__', 'operations.index'] set()"
    told = " ".join(done.stdout.split())
    assert all(f"{name} {sentence}" in told for name, (_, sentence) in COMMANDS.items())


def test_a_command_that_is_mistyped_is_told_the_right_one() -> None:
    done = CliRunner().invoke(app, ["statsu"])
    assert done.exit_code == 2
    assert "Did you mean" in done.output
    assert "'status'" in done.output
