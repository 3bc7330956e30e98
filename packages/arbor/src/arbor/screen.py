"""What an operator sees, and how a command ends: one sentence and an exit code, no traceback."""

import json
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer

from arbor.procedure import Failed, Refused

if TYPE_CHECKING:
    from rich.console import RenderableType

FAILED, REFUSED = 1, 3
"""0 is done and 2, wrong usage, is typer's."""
STOPPED = (
    "Stopped looking. What was begun goes on in AWS and nothing was taken back: run the same "
    "command again to see what is left."
)
DO = {
    **dict.fromkeys(
        (
            "ExpiredToken",
            "ExpiredTokenException",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "UnauthorizedSSOTokenError",
            "SSOTokenLoadError",
            "TokenRetrievalError",
            "RequestExpired",
            "AuthFailure",
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
        ),
        "Your credentials are not valid, or not any more: sign in again (`aws sso login`).",
    ),
    **dict.fromkeys(
        ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"),
        "Sign in (`aws sso login`), or name a profile that has credentials in AWS_PROFILE.",
    ),
    "ProfileNotFound": "Name a profile in AWS_PROFILE that `aws configure list-profiles` lists.",
    **dict.fromkeys(
        ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"),
        "Whoever you are signed in as (`aws sts get-caller-identity`) may not do that.",
    ),
    **dict.fromkeys(
        ("NoRegionError", "InvalidRegionError"),
        "Name the stack's region in AWS_REGION.",
    ),
    **dict.fromkeys(
        (
            "EndpointConnectionError",
            "ConnectTimeoutError",
            "ConnectionClosedError",
            "ReadTimeoutError",
            "ProxyConnectionError",
            "SSLError",
        ),
        "Is there a network, and is the region in AWS_REGION one that exists?",
    ),
    **dict.fromkeys(
        (
            "ClusterNotFoundException",
            "DBInstanceNotFound",
            "DBSnapshotNotFound",
            "LoadBalancerNotFound",
            "ReplicationGroupNotFoundFault",
            "ResourceNotFoundException",
            "ServiceNotFoundException",
        ),
        "Is it the right stack, and is this its account and the region in AWS_REGION its own?",
    ),
}
"""By the code of an error of AWS, or by the name of one that botocore raises."""
UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls, what turns the direction of writing, halves of characters, other ends of lines."""


@contextmanager
def told() -> Iterator[None]:
    """Every foreseeable end of a command, told to people and to scripts."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    try:
        yield
    except Refused as refused:
        end(f"Refused, nothing was changed: {refused}", REFUSED)
    except Failed as failed:
        end(f"Failed: {failed}", FAILED)
    except KeyboardInterrupt:
        end(STOPPED, FAILED)
    except (BotoCoreError, ClientError) as error:
        end(f"{sentence(error)} Nothing was changed.", FAILED)


def sentence(error: Exception) -> str:
    """What an error of AWS or on the way to it means, and what to do about it."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
    said = str(error).rstrip(".")
    return f"AWS: {said}. {DO[code]}" if code in DO else f"AWS: {said}."


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Tells line by line what is done; in a terminal the last also turns while it is waited for.

    From here on an error of AWS leaves something begun.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import
    from rich.console import Console  # noqa: PLC0415 - slow to import
    from rich.markup import escape  # noqa: PLC0415 - slow to import

    console = Console(highlight=False, soft_wrap=True)
    with console.status("") as status:

        def say(line: str) -> None:
            console.print(line, markup=False)
            last = line.strip().rsplit("\n", 1)[-1]
            status.update(escape(last.split(". ")[0]))  # a log's line may look like markup

        try:
            yield say
        except (BotoCoreError, ClientError) as error:
            end(f"{sentence(error)}\n{STOPPED}", FAILED)


def confirm(*, yes: bool) -> None:
    """Ask whoever saw what would be done; raises Refused unless the answer is yes."""
    if yes:
        return
    if not somebody_is_there():
        raise Refused("nobody is there to ask; add --yes.")
    if not typer.confirm("Do it?"):
        raise Refused("you said no.")


def answer(document: object, show: Callable[[], "RenderableType"], *, as_json: bool) -> None:
    """Print what a command that reads has found: as JSON for scripts, or as `show` draws it."""
    if as_json:
        typer.echo(json.dumps(document, indent=2, default=str))
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import

    Console(highlight=False).print(show())


def somebody_is_there() -> bool:
    """Whether a person can answer."""
    return sys.stdin.isatty()


def warn(sentence: str) -> None:
    """Say what does not change how the command ends."""
    typer.echo(sentence, err=True)


def end(sentence: str, code: int) -> NoReturn:
    """Say it where errors go."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def safe(text: str) -> str:
    """With every character escaped that does more than stand there; a tab is four spaces."""
    return "".join(
        _escaped(one) if unicodedata.category(one) in UNSAFE else one
        for one in text.replace("\t", "    ")
    )


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
