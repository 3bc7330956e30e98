"""All rows by type token, collected from the modules of services/."""

import pkgutil
from importlib import import_module

from pulumi_moto import services
from pulumi_moto.row import Row

MODULES = [
    import_module(f"{services.__name__}.{found.name}")
    for found in pkgutil.iter_modules(services.__path__)
]
ROWS: dict[str, Row] = {row.token: row for one in MODULES for row in getattr(one, "ROWS", ())}


def row_for(token: str) -> Row:
    """Return the row of a type token such as `aws:rds/instance:Instance`.

    Raises NotImplementedError for a type without a row; the message names where to add one.
    """
    try:
        return ROWS[token]
    except KeyError:
        raise NotImplementedError(
            f"{token} is not emulated; add a row in pulumi_moto/services/"
        ) from None
