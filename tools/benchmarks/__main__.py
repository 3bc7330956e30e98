"""`make benchmark`: ratios within one run, printed and written to docs/benchmarks.md.

Times on a shared machine vary, so each number is compared with its floor, measured alternately in
the same run; the best of several tries counts.
"""

import resource
import sys

from engine import emulation, pulumi_cli, stack_file
from engine.deployment import open_stack
from tools.benchmarks import floor, operations, program

TRIES = 5
ENGINE_TRIES = 2
SERVICES = (2, 10, 25, 50)
AIM = 1.3
PAGE = stack_file.PROJECT_DIR / "docs" / "benchmarks.md"
HEADER = """\
# Benchmarks

*Written by `make benchmark`, as measured. Ratios within one run, best of the tries; seconds are
those of one shared two-core machine and only show the scale.*
"""


def program_ratio() -> str:
    """The program under mocks against the same resources registered without it."""
    own, typed, bare, count = [], [], [], 0
    for _ in range(TRIES):
        seconds, recorded = program.arbor(services=2)
        own.append(seconds)
        typed.append(program.same_types(recorded))
        bare.append(program.bare(recorded))
        count = len(recorded.registered)
    best = min(own)
    return (
        "## The program against bare registration\n\n"
        f"{count} resources under mocks: the program takes {best:.2f} s.\n\n"
        "| registered flat, every value known | seconds | ratio |\n|---|---|---|\n"
        f"| the same resources, of pulumi-aws's classes | {min(typed):.2f} "
        f"| **{best / min(typed):.2f}** |\n"
        f"| as many `pulumi.CustomResource` | {min(bare):.2f} | **{best / min(bare):.2f}** |\n\n"
        f"The aim of at most {AIM} is for the first line: the cost of settings, components and "
        "outputs on top of the SDK's classes. The second line also counts those classes, which "
        "make an "
        "output for every property that a resource could have.\n"
    )


def growth() -> str:
    """How the program's time grows with the number of services."""
    lines = [
        "## Growth with the number of services\n",
        "| services | resources | seconds | milliseconds a resource |",
        "|---|---|---|---|",
    ]
    for services in SERVICES:
        best, count = float("inf"), 0
        for _ in range(3):
            seconds, recorded = program.arbor(services)
            best, count = min(best, seconds), len(recorded.registered)
        lines.append(f"| {services} | {count} | {best:.2f} | {1000 * best / count:.2f} |")
    return "\n".join(lines) + "\n"


def engine_ratios() -> str:
    """Preview and up in the emulated account against the engine's own cost."""
    command = pulumi_cli.find_or_build(print, lambda _done, _total: None)
    ours: list[dict[str, float]] = []
    floors: list[dict[str, float]] = []
    resources = 0
    for _ in range(ENGINE_TRIES):
        with emulation.account_process(stack=floor.STACK, speed=600) as account:
            ours.append(floor.times(account, command, None))
            with open_stack(stack=floor.STACK, account=account, command=command) as deployed:
                exported = deployed.stack.export_stack().deployment
                assert exported is not None
                resources = len(exported["resources"])
        with floor.provider() as nothing:
            floors.append(floor.times(nothing, command, floor.program(resources)))
    lines = [
        "## The engine with the emulated account against a provider that does nothing\n",
        f"{resources} resources each.\n",
        "| operation | emulated account | floor | ratio |",
        "|---|---|---|---|",
    ]
    for name in ours[0]:
        own, bare = (min(one[name] for one in many) for many in (ours, floors))
        lines.append(f"| {name} | {own:.1f} s | {bare:.1f} s | **{own / bare:.2f}** |")
    lines.append(
        f"\nThe aim of at most {AIM} is for previews and for an up that changes nothing. An up "
        "from nothing makes every AWS call, so no floor is comparable. Beyond the floor, a preview "
        "spends its time in the program and in awsx.\n"
    )
    return "\n".join(lines)


def memory() -> str:
    """The most memory that this process and its children held."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return (
        "## Memory\n\n"
        f"The program's process {own:.0f} MiB at most; the largest of the engine, the account and "
        f"the floor's provider {children:.0f} MiB.\n"
    )


def main() -> None:
    """Measure, print, and write the page."""
    parts = [HEADER]
    for part in (
        program_ratio,
        growth,
        engine_ratios,
        operations.help_ratio,
        operations.status_ratio,
        memory,
    ):
        parts.append(part())
        sys.stdout.write(f"{parts[-1]}\n")
        sys.stdout.flush()
    PAGE.write_text("\n".join(parts))


if __name__ == "__main__":
    main()
