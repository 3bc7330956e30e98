"""docs/coverage.md: what the emulated account carries, ignores and corrects."""

from collections.abc import Iterable

from pulumi_moto import corrections
from pulumi_moto.awsx.plan import CARRIED as AWSX_INPUTS
from pulumi_moto.correction import CORRECTIONS, Correction
from pulumi_moto.registry import ROWS
from pulumi_moto.row import Row

assert corrections  # importing it registers every correction

INTRODUCTION = """\
# What the emulated account covers

*Written by `make docs` from the tables of `packages/pulumi-moto`; a test holds it up to date.*

The account is [moto](https://docs.getmoto.org/) with the corrections below, and a Pulumi provider
in front of it. An input that a row neither carries nor names as ignored fails the preview; a type
with no row fails it too. What is *carried* reaches an AWS call and is read back from one. What is
*ignored* is accepted and dropped, for the reason given. `.*` carries everything below it.

What this account can't show: how long AWS takes, what it costs, its quotas (unless a correction
enforces one), IAM's evaluation of permissions, and traffic itself.
"""


def page() -> str:
    """The whole page as Markdown."""
    rows = [ROWS[token] for token in sorted(ROWS)]
    return "\n".join([INTRODUCTION, *_types(rows), *_awsx(), *_corrections(CORRECTIONS)]) + "\n"


def _types(rows: Iterable[Row]) -> Iterable[str]:
    yield "## Resource types\n"
    for row in rows:
        yield f"### `{row.token}`\n"
        service = f"boto3 `{row.client}`" if row.client else "no service: the state keeps it"
        yield f"{service}. Carried: {_names(row.inputs)}."
        if row.replaces:
            yield f"A change replaces: {_names(row.replaces)}."
        if row.write_only:
            yield f"Never given back by AWS, kept by the state: {_names(row.write_only)}."
        if row.outputs:
            yield f"Outputs: {_names(row.outputs)}."
        yield ""
        for name, reason in sorted(row.ignored.items()):
            yield f"- ignored `{name}`: {reason}"
        if row.ignored:
            yield ""


def _awsx() -> Iterable[str]:
    yield "### `awsx:ec2:Vpc`\n"
    yield (
        "A component: it registers the `aws:ec2` resources that the real awsx registers, which "
        f"then go through their rows. Inputs: {_names(AWSX_INPUTS)}.\n"
    )


def _corrections(found: Iterable[Correction]) -> Iterable[str]:
    yield "## Corrections of moto\n"
    yield "| call | moto | AWS, and so this account |"
    yield "|---|---|---|"
    for one in sorted(found, key=lambda c: (c.call, c.moto)):
        yield f"| `{one.call}` | {_cell(one.moto)} | {_cell(one.aws)} |"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _cell(sentence: str) -> str:
    return sentence.replace("|", "\\|")
