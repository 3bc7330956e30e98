"""Access tokens: JSON Web Tokens that SECRET_KEY signs with HS256 (RFC 7515, RFC 7519)."""

import base64
import hashlib
import hmac
import json
import time

from app.core.config import settings


def is_valid(token: str) -> bool:
    """Whether this application's key signed the token, and it has not expired."""
    signed, _, signature = token.rpartition(".")
    expected = hmac.digest(settings.secret_key.encode(), signed.encode(), hashlib.sha256)
    try:
        if not hmac.compare_digest(_decoded(signature), expected):
            return False
        claims = json.loads(_decoded(signed.partition(".")[2]))
    except ValueError:
        return False
    return bool(claims.get("type") == "access" and claims.get("exp", 0) > time.time())


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
