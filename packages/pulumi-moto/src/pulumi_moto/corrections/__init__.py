"""All corrections of moto. Importing this package registers them; `correction.apply` patches."""

import pkgutil
from importlib import import_module

for found in pkgutil.iter_modules(__path__):  # in alphabetical order
    import_module(f"{__name__}.{found.name}")
