"""The shell completes commands, groups, stacks, services and other lists of words."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import command_tree
import missing
from arbor.__main__ import app
from programs import captured

ROOT = Path(__file__).parents[3]
VARIABLE = "_ARBOR_COMPLETE"
COMMANDS = command_tree.commands()
GROUPS = command_tree.groups()


def variables(shell: str, line: str) -> dict[str, str]:
    """The variables that the shell's script sets when Tab is pressed at the end of the line."""
    word = len(line.split()) - (0 if line.endswith(" ") else 1)
    if shell == "bash":
        return {VARIABLE: "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(word)}
    return {VARIABLE: "complete_zsh", "_TYPER_COMPLETE_ARGS": line}


def completed(line: str) -> list[str]:
    """The completions for bash, in this process."""
    done = CliRunner().invoke(app, [], prog_name="arbor", env=variables("bash", line))
    assert done.exit_code == 0, done.output
    return done.output.split()


@pytest.mark.parametrize("group", GROUPS)
def test_the_names_in_a_group_are_completed(group: str) -> None:
    assert set(completed(f"arbor {group} ".replace("  ", " "))) == GROUPS[group]


@pytest.mark.parametrize("name", COMMANDS)
def test_options_and_every_list_of_words_are_completed(name: str) -> None:
    command = COMMANDS[name]
    options = {option for option in command.options if option.startswith("--")}
    assert options <= set(completed(f"arbor {name} --"))
    assert completed(f"arbor {name} --stack p") == ["production"]
    before = ""
    for argument in command.arguments:
        if choices := command.choices(argument):
            assert completed(f"arbor {name} {before}") == list(choices)
        before += "1 " if not choices else f"{choices[0]} "
    for option in command.hints:
        if (choices := command.choices(option)) and option not in command.arguments:
            flag = f"--{option.replace('_', '-')}"
            assert completed(f"arbor {name} {flag} ") == list(choices)


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize("program", [("-m", "arbor"), ()], ids=["python -m", "arbor"])
@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("arbor rel", ["release"]),
        ("arbor database top-queries --stack ", ["production", "staging"]),
    ],
)
def test_the_program_completes_without_a_shell(
    shell: str, program: tuple[str, ...], line: str, found: list[str]
) -> None:
    installed = Path(sys.executable).parent / "arbor"
    command = [sys.executable, *program] if program else [str(installed)]
    done = captured(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables(shell, line)},
        check=True,
    )
    if shell == "bash":
        assert done.stdout.split() == found
    else:
        assert all(f'"{name}"' in done.stdout for name in found)


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_an_installed_completion_works_in_a_shell(tmp_path: Path, shell: str) -> None:
    """Run `arbor --install-completion`, then press Tab in a new shell."""
    there = shutil.which(shell)
    if there is None:
        pytest.skip(missing.needs(shell, shell))
    program = tmp_path / "arbor"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m arbor "$@"\n')
    program.chmod(0o755)
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "ZDOTDIR": str(tmp_path),
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
    }

    def run(*words: str) -> str:
        done = captured(words, cwd=ROOT, env=environment, check=True)
        return done.stdout

    run("arbor", "--install-completion", shell)
    if shell == "zsh":
        (script,) = (tmp_path / ".zfunc").iterdir()
        run(there, "-n", str(script))
        assert (tmp_path / ".zshrc").read_text().count("autoload -Uz compinit") == 1
        return
    pressed = (
        "source ~/.bashrc; COMP_WORDS=(arbor database con); COMP_CWORD=2; "
        "$(complete -p arbor | sed 's/.*-F \\([^ ]*\\).*/\\1/') arbor; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert run(there, "--norc", "-c", pressed).split() == ["connect", "connections"]


def test_help_has_the_command_to_install_completion() -> None:
    assert "arbor --install-completion" in CliRunner().invoke(app, ["--help"]).output
