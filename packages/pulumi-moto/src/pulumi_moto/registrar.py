"""The domains' registrar: the name servers to which public DNS delegates."""

from collections.abc import Mapping, Sequence


class Registrar:
    """The delegation of each domain.

    Initially every hosted zone is delegated to. After `enter`, only a zone whose own name servers
    are entered for its domain.
    """

    def __init__(self) -> None:
        self._entered: dict[str, frozenset[str]] | None = None

    def enter(self, name_servers: Mapping[str, Sequence[str]]) -> None:
        """Set the name servers by domain; replaces all earlier entries."""
        self._entered = {
            domain.rstrip("."): frozenset(server.rstrip(".") for server in servers)
            for domain, servers in name_servers.items()
        }

    def delegates_to(self, domain: str, name_servers: Sequence[str]) -> bool:
        """Return whether public DNS delegates the domain to these name servers."""
        if self._entered is None:
            return True
        own = frozenset(server.rstrip(".") for server in name_servers)
        return self._entered.get(domain.rstrip(".")) == own


REGISTRAR = Registrar()
"""The registrar of this process's account; moto's backends are per process, too."""
