"""Failures as a message in a chat room, through an incoming webhook.

The address is the variable CHAT_WEBHOOK of the workflow; without it no message is sent. Slack,
Mattermost and Rocket.Chat take `{"text": ...}`: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

import os
from typing import Final

import requests

VARIABLE: Final = "CHAT_WEBHOOK"
TIMEOUT_SECONDS: Final = 30
LONGEST: Final = 3000
"""Characters; the run has the whole text."""
CONTROL: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
"""Slack's markup begins with them, `<!channel>` among it: https://api.slack.com/docs/formatting"""


class ChatError(Exception):
    """The message was not sent. The error omits the address, which is a password."""


def send(text: str) -> bool:
    """Send the message; returns False if the job has no webhook. Raises ChatError."""
    address = os.environ.get(VARIABLE, "")
    if not address:
        return False
    plain = "".join(CONTROL.get(letter, letter) for letter in text[:LONGEST])
    try:
        answer = requests.post(address, json={"text": plain}, timeout=TIMEOUT_SECONDS)
    except requests.RequestException as unreachable:
        raise ChatError(
            f"The webhook in {VARIABLE} can't be reached: {type(unreachable).__name__}."
        ) from None
    if not answer.ok:
        raise ChatError(
            f"The webhook in {VARIABLE} answers {answer.status_code}; check that it is valid."
        )
    return True
