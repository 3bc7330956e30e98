"""The settings, from the environment; a wrong value ends the start, as with pydantic."""

import json
import os
from dataclasses import dataclass, field
from urllib.parse import quote_plus

ENVIRONMENTS = ("development", "staging", "production")


def _text(name: str, default: str) -> str:
    return os.environ.get(name, default)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The real application's names, with its defaults."""

    app_name: str = "Arbor Energy Plan Agent"
    app_version: str = "0.1.0"
    environment: str = field(default_factory=lambda: _text("ENVIRONMENT", "development"))
    debug: bool = field(default_factory=lambda: _text("DEBUG", "false").lower() in {"true", "1"})
    secret_key: str = field(default_factory=lambda: _text("SECRET_KEY", "change-me-in-production"))
    cors_origins: list[str] = field(
        default_factory=lambda: json.loads(_text("CORS_ORIGINS", '["http://localhost:3000"]'))
    )
    cache_ttl_seconds: int = 3600

    def __post_init__(self) -> None:
        """Raises ValueError for an unknown environment."""
        if self.environment not in ENVIRONMENTS:
            raise ValueError(f"ENVIRONMENT is {self.environment!r}, not one of {ENVIRONMENTS}")

    @property
    def database_url(self) -> str:
        """Without `ssl`: asyncpg encrypts if the server supports it, and verifies nothing."""
        user = quote_plus(_text("POSTGRES_USER", "arbor"))
        password = quote_plus(_text("POSTGRES_PASSWORD", "arbor_dev"))
        host, port = _text("POSTGRES_HOST", "localhost"), int(_text("POSTGRES_PORT", "5432"))
        name = _text("POSTGRES_DB", "arbor_energy")
        return f"postgresql+asyncpg://{user}:{password}@{host}:{port}/{name}"

    @property
    def redis_url(self) -> str:
        """With TLS redis-py verifies the certificate and its name."""
        scheme = "rediss" if _text("REDIS_SSL", "false").lower() in {"true", "1"} else "redis"
        password = _text("REDIS_PASSWORD", "")
        login = f":{quote_plus(password)}@" if password else ""
        host, port = _text("REDIS_HOST", "localhost"), int(_text("REDIS_PORT", "6379"))
        return f"{scheme}://{login}{host}:{port}/0"


settings = Settings()
