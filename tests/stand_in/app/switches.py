"""Faults that a test switches on: read anew for each request, so that every worker applies them."""

import asyncio
import json
import os
from pathlib import Path


async def obey() -> None:
    """Wait, and raise RuntimeError, according to the file."""
    name = os.environ.get("STAND_IN_SWITCHES")
    switches = json.loads(Path(name).read_text()) if name else {}  # noqa: ASYNC240 - a line
    await asyncio.sleep(switches.get("slow", 0))
    if switches.get("failing"):
        raise RuntimeError("the stand-in was switched to fail")
