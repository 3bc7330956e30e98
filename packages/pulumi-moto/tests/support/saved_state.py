"""Saved states of moto's backends: a fixture restores one in place of building it again.

A network, a load balancer and services take 90 to 300 ms to build through boto3, and about 1 ms to
restore. Each restore is a new copy, so tests share nothing.
"""

import functools
import io
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from moto import mock_aws
from moto.core.base_backend import BackendDict

from pulumi_moto.clock import CLOCK

P = ParamSpec("P")
T = TypeVar("T")
Backends = BackendDict[Any]
IN_USE: list[Backends] = vars(BackendDict)["_instances"]
"""Every dictionary that a test has used; moto resets these."""
LOCKS: dict[type[Any], Callable[[], object]] = {
    type(make()): make for make in (threading.Lock, threading.RLock)
}


@dataclass(frozen=True)
class State:
    """A pickled account, with the value that its fixture yielded."""

    pickled: bytes
    backends: list[Backends]
    """moto's own global dictionaries, which keep their identity."""
    now: float
    """The time on the account's clock."""


def saved(build: Callable[P, Iterator[T]]) -> Callable[P, Iterator[T]]:
    """Decorate a generator that builds an account in `mock_aws`, with a stopped clock, and yields.

    The first call builds the account and saves it; each call then yields in a restored copy. The
    yielded value is copied with the account, so it must be picklable: no boto3 clients.
    """
    states: dict[str, State] = {}

    @functools.wraps(build)
    def restore(*args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        key = repr((args, kwargs))
        if key not in states:
            with contextmanager(build)(*args, **kwargs) as value:
                states[key] = _save(value)
        CLOCK.set_speed(0)
        with mock_aws():
            copy: T = _load(states[key])
            yield copy

    return restore


def _save(value: object) -> State:
    backends = list(IN_USE)
    file = io.BytesIO()
    _Pickler(file, backends).dump(([dict(backend) for backend in backends], value))
    return State(file.getvalue(), backends, CLOCK.now())


def _load(state: State) -> Any:
    accounts, value = _Unpickler(state.pickled, state.backends).load()
    for backend, of_backend in zip(state.backends, accounts, strict=True):
        backend.clear()
        backend.update(of_backend)
        if backend not in IN_USE:
            IN_USE.append(backend)
    CLOCK.advance(state.now - CLOCK.now())
    return value


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, backends: list[Backends]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._backends = backends

    def persistent_id(self, obj: object) -> int | None:
        """Return the index of one of moto's global dictionaries; None for what is copied."""
        return self._backends.index(obj) if isinstance(obj, BackendDict) else None

    def reducer_override(self, obj: object) -> Any:
        """Replace a lock by a new one; nothing holds one between two calls."""
        make = LOCKS.get(type(obj))
        return NotImplemented if make is None else (make, ())


class _Unpickler(pickle.Unpickler):
    def __init__(self, pickled: bytes, backends: list[Backends]) -> None:
        super().__init__(io.BytesIO(pickled))
        self._backends = backends

    def persistent_load(self, pid: int) -> Backends:
        return self._backends[pid]
