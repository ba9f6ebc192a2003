"""scipy.signal, without what it imports beside it and this project never uses: a third of the time of every start.

Only for a few of its functions scipy.signal needs statistics, splines and optimizers, and those are most of scipy.
While it is imported, here and once, they are stood in for; the functions that need them import them when called.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import Any

UNUSED = ("scipy.stats", "scipy.interpolate", "scipy.optimize")


class Later(ModuleType):
    """Stands in for a module; what is taken from it is a function that imports the module when it is called."""

    def __getattr__(self, name: str) -> Any:
        """Return that function."""
        if name.startswith("__"):
            raise AttributeError(name)

        def later(*args: Any, **kwargs: Any) -> Any:
            return getattr(import_module(self.__name__), name)(*args, **kwargs)

        return later


def import_signal() -> None:
    """Import scipy.signal; where another version of it needs more at once, as everybody does."""
    stood_in = {name: Later(name) for name in UNUSED if name not in sys.modules}
    sys.modules.update(stood_in)
    try:
        with suppress(ImportError, AttributeError, TypeError):
            import_module("scipy.signal")
    finally:
        for name in stood_in:
            del sys.modules[name]


if "scipy.signal" not in sys.modules:
    import_signal()
