"""Output, confirmation and the outcome of a command: a sentence and an exit code."""

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
"""Exit codes; 0 is success, and typer exits 2 for wrong usage."""
STOPPED = (
    "Stopped waiting. Changes already started continue in AWS; nothing was rolled back. Run the "
    "same command again to continue."
)
REMEDIES = {
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
        "Your credentials are invalid or expired; sign in again (`aws sso login`).",
    ),
    **dict.fromkeys(
        ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"),
        "Sign in (`aws sso login`), or set AWS_PROFILE to a profile with credentials.",
    ),
    "ProfileNotFound": "Set AWS_PROFILE to a profile that `aws configure list-profiles` lists.",
    **dict.fromkeys(
        ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"),
        "Your identity (`aws sts get-caller-identity`) lacks this permission.",
    ),
    **dict.fromkeys(
        ("NoRegionError", "InvalidRegionError"),
        "Set AWS_REGION to the stack's region.",
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
        "Check the network and the region in AWS_REGION.",
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
        "Check the stack, the account and the region in AWS_REGION.",
    ),
}
"""By the code of an AWS error, or by the class of a botocore error."""
UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories: controls, format characters, surrogates, line and paragraph separators."""


@contextmanager
def outcome() -> Iterator[None]:
    """End a command with a sentence and an exit code for each expected error."""
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
    """An error of AWS or of the connection to it, with its remedy."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
    message = f"AWS: {str(error).rstrip('.')}."
    return f"{message} {REMEDIES[code]}" if code in REMEDIES else message


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Print lines, and in a terminal show the last one with a spinner.

    An error of AWS in the block ends the command as one that has started changes.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import
    from rich.console import Console  # noqa: PLC0415 - slow to import
    from rich.markup import escape  # noqa: PLC0415 - slow to import

    console = Console(highlight=False, soft_wrap=True)
    with console.status("") as status:

        def say(line: str) -> None:
            console.print(line, markup=False)
            last = line.strip().rsplit("\n", 1)[-1]
            status.update(escape(last.split(". ")[0]))  # a log line may look like markup

        try:
            yield say
        except (BotoCoreError, ClientError) as error:
            end(f"{sentence(error)}\n{STOPPED}", FAILED)


def confirm(*, yes: bool) -> None:
    """Ask for confirmation unless `yes`. Raises Refused unless the answer is yes."""
    if yes:
        return
    if not is_interactive():
        raise Refused("confirmation requires a terminal; add --yes.")
    if not typer.confirm("Proceed?"):
        raise Refused("you answered no.")


def answer(document: object, show: Callable[[], "RenderableType"], *, as_json: bool) -> None:
    """Print a document as JSON, or what `show` returns."""
    if as_json:
        typer.echo(json.dumps(document, indent=2, default=str))
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import

    Console(highlight=False).print(show())


def is_interactive() -> bool:
    """Whether standard input is a terminal."""
    return sys.stdin.isatty()


def warn(sentence: str) -> None:
    """Print to standard error; the exit code stays."""
    typer.echo(sentence, err=True)


def end(sentence: str, code: int) -> NoReturn:
    """Print to standard error and exit."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def safe(text: str) -> str:
    """Text without control over the terminal: such characters escaped, a tab as four spaces."""
    return "".join(
        _escaped(one) if unicodedata.category(one) in UNSAFE else one
        for one in text.replace("\t", "    ")
    )


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
