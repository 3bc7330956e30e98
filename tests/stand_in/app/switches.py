"""What a test has the requests do: read anew for each, so that every worker does it."""

import asyncio
import json
import os
from pathlib import Path


async def obey() -> None:
    """Wait, and raise RuntimeError, as the file says."""
    name = os.environ.get("STAND_IN_SWITCHES")
    asked = json.loads(Path(name).read_text()) if name else {}  # noqa: ASYNC240 - a line
    await asyncio.sleep(asked.get("slow", 0))
    if asked.get("failing"):
        raise RuntimeError("the stand-in was switched to fail")
