"""The parent domains' side of DNS: which name servers the rest of the world is sent to."""

from collections.abc import Mapping, Sequence


class Registrar:
    """What is entered at the registrar of each domain.

    At the start every hosted zone is found, as if its domain had been pointed to it. Once
    `enter` was called, a zone is found only if its own name servers are entered for its domain.
    """

    def __init__(self) -> None:
        self._entered: dict[str, frozenset[str]] | None = None

    def enter(self, name_servers: Mapping[str, Sequence[str]]) -> None:
        """Have these name servers entered, by domain, and no others."""
        self._entered = {
            domain.rstrip("."): frozenset(server.rstrip(".") for server in servers)
            for domain, servers in name_servers.items()
        }

    def leads_to(self, domain: str, name_servers: Sequence[str]) -> bool:
        """Whether a resolver that asks for this domain comes to a zone with these servers."""
        if self._entered is None:
            return True
        own = frozenset(server.rstrip(".") for server in name_servers)
        return self._entered.get(domain.rstrip(".")) == own


REGISTRAR = Registrar()
"""The one of this process's account, as moto's backends are this process's too."""
