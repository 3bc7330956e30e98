"""`arbor --help` lists all commands without loading them."""

import inspect
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer
from typer.main import get_group
from typer.testing import CliRunner

from arbor.__main__ import app
from arbor.index import COMMANDS
from programs import captured

ROOT = Path(__file__).parents[1]
SLOW = {"boto3", "botocore", "tenacity", "psycopg", "redis"}
SECTIONS = sorted(path.parent.name for path in (ROOT / "src" / "arbor").glob("*/commands.py"))


def rows(section: str) -> dict[str, tuple[str, str]]:
    """The sentences of the section's own commands."""
    one = typer.Typer()
    one.add_typer(import_module(f"arbor.{section}.commands").app)
    return {
        name: (section, " ".join(inspect.cleandoc(command.help or "").split("\n\n")[0].split()))
        for name, command in get_group(one).commands.items()
    }


@pytest.mark.parametrize("section", SECTIONS)
def test_the_index_has_the_commands_sentences(section: str) -> None:
    indexed = {name: row for name, row in COMMANDS.items() if row[0] == section}
    expected = rows(section)
    assert indexed == expected, f"in arbor/index.py:\n{expected}"


def test_every_section_of_the_index_exists() -> None:
    assert {section for section, _ in COMMANDS.values()} == set(SECTIONS)


def loaded_by(code: str) -> tuple[set[str], str]:
    """The modules that a fresh interpreter loads, and its output."""
    listing = "import sys; print('\\n'.join(sys.modules), file=sys.stderr)"
    done = captured([sys.executable, "-c", f"{code}\n{listing}"], cwd=ROOT, check=True)
    return set(done.stderr.split()), done.stdout


def test_help_has_whole_sentences_and_loads_no_section() -> None:
    loaded, printed = loaded_by(
        "from arbor.__main__ import app\ntry: app(['--help'])\nexcept SystemExit: pass"
    )
    ours = {name for name in loaded if name.startswith("arbor.")}
    assert ours == {"arbor.__main__", "arbor.index"}
    assert not {"rich", *SLOW} & loaded
    text = " ".join(printed.split())
    assert all(f"{name} {sentence}" in text for name, (_, sentence) in COMMANDS.items())


def test_no_section_loads_boto3_before_a_call() -> None:
    imports = "\n".join(f"import arbor.{section}.commands" for section in SECTIONS)
    loaded, _ = loaded_by(imports)
    assert not {"pulumi", *SLOW} & loaded


def test_a_mistyped_command_gets_a_suggestion() -> None:
    done = CliRunner().invoke(app, ["statsu"])
    assert done.exit_code == 2
    assert "Did you mean" in done.output
    assert "'status'" in done.output
