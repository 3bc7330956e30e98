"""`python -m pipeline.operate.lost_key`: make a state readable after the loss of its key.

Only the secrets of a state are encrypted: they are lost with the key, and the rest remains. This
reads an export (`pulumi stack export`, which needs no key), replaces each secret by the text `lost`
and sets the secrets provider of the stack's file, with which `pulumi stack import` encrypts. How a
state marks a secret:
https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go and
https://github.com/pulumi/pulumi/blob/master/pkg/resource/stack/deployment.go
(DeserializePropertyValue, which takes a plaintext in place of a ciphertext).
docs/state.md has the whole procedure.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from engine import stack_file

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - marks one
LOST = "lost"
USAGE = 2


class NotAnExportError(Exception):
    """The message names the missing part."""


def without_secrets(exported: Any, provider: Mapping[str, Any]) -> tuple[dict[str, Any], int]:  # noqa: ANN401 - JSON
    """The export with `lost` for each secret, and how many there were. Raises NotAnExportError."""
    if not isinstance(exported, dict) or not isinstance(exported.get("deployment"), dict):
        raise NotAnExportError("it has no deployment")
    count = 0

    def replaced(value: Any) -> Any:  # noqa: ANN401 - JSON
        nonlocal count
        if isinstance(value, list):
            return [replaced(one) for one in value]
        if not isinstance(value, dict):
            return value
        if value.get(SIGNATURE) == SECRET:
            count += 1
            return {SIGNATURE: SECRET, "plaintext": json.dumps(LOST)}
        return {key: replaced(one) for key, one in value.items()}

    deployment = {**replaced(exported["deployment"]), "secrets_providers": dict(provider)}
    return {**exported, "deployment": deployment}, count


def provider_of(stack: str) -> dict[str, Any]:
    """The secrets provider of the stack's file, in the form of a state. Raises ValueError."""
    stack_file.stack_config(stack)
    file = stack_file.PROJECT_DIR / f"Pulumi.{stack}.yaml"
    data = yaml.safe_load(file.read_text())
    if not data.get("secretsprovider") or not data.get("encryptedkey"):
        raise ValueError(
            f"{file.name} has no secretsprovider with an encryptedkey; "
            "`pulumi stack change-secrets-provider` writes both."
        )
    state = {"url": data["secretsprovider"], "encryptedkey": data["encryptedkey"]}
    return {"type": "cloud", "state": state}


def main(
    export: Annotated[
        Path, typer.Argument(help="From `pulumi stack export`.", exists=True, resolve_path=True)
    ],
    readable: Annotated[Path, typer.Argument(help="For `pulumi stack import`.", resolve_path=True)],
    stack: Annotated[str, typer.Option(help="The stack: production or staging.")],
) -> None:
    """Write the export with `lost` in place of each secret."""
    try:
        text, count = without_secrets(json.loads(export.read_text()), provider_of(stack))
    except (ValueError, NotAnExportError) as wrong:
        found = "" if not isinstance(wrong, NotAnExportError) else f"{export}: "
        typer.echo(f"{found}{wrong}", err=True)
        raise typer.Exit(USAGE) from wrong
    except stack_file.StackFileError as unknown:
        typer.echo(str(unknown), err=True)
        raise typer.Exit(USAGE) from unknown
    readable.write_text(json.dumps(text, indent=4) + "\n")
    typer.echo(
        f"{readable.name} has `lost` in place of {count} secrets; `pulumi stack import` reads it."
    )


if __name__ == "__main__":
    typer.run(main)
