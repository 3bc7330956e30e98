"""The mutations of each preview: few previews prove as much as one for each mutation.

Every mutation is in two batches, and two mutations share one batch at most. A batch must violate
exactly the rules of its mutations: an additional rule, or a missing one, is then wrong in one of
the two batches.
"""

from collections.abc import Iterable, Sequence

from proof.mutation import Mutation

Batch = tuple[Mutation, ...]
SIZE = 10


def batches(mutations: Sequence[Mutation]) -> tuple[Batch, ...]:
    """Two divisions of the mutations that can share, and each other one alone."""
    sharing = [mutation for mutation in mutations if not mutation.alone]
    first = _divided(sharing, ())
    second = _divided(sharing, first)
    return (*first, *second, *((mutation,) for mutation in mutations if mutation.alone))


def each_once(mutations: Sequence[Mutation], size: int = SIZE) -> tuple[Batch, ...]:
    """The first division, and each other one alone: the trials of `make test`.

    `batches` also finds a mutation that hides behind another; it runs every night. `size` is how
    many mutations share a batch at most.
    """
    sharing = [mutation for mutation in mutations if not mutation.alone]
    alone = ((mutation,) for mutation in mutations if mutation.alone)
    return (*_divided(sharing, (), size), *alone)


def rules(batch: Batch) -> set[str]:
    """The rules that must fail its preview."""
    return {mutation.rule for mutation in batch}


def _divided(
    mutations: Sequence[Mutation], before: Iterable[Batch], size: int = SIZE
) -> list[Batch]:
    """First fit; mutations that shared a batch before are kept apart."""
    partners = {id(one): batch for batch in before for one in batch}
    found: list[list[Mutation]] = []
    for mutation in mutations:
        met = partners.get(id(mutation), ())
        for batch in found:
            if len(batch) < size and not any(_clash(mutation, one, met) for one in batch):
                batch.append(mutation)
                break
        else:
            found.append([mutation])
    return [tuple(batch) for batch in found]


def _clash(one: Mutation, other: Mutation, met: Iterable[Mutation]) -> bool:
    """Whether they would hide each other, or would become one change."""
    return (
        one.rule == other.rule
        or one.touches(other)
        or not one.config.keys().isdisjoint(other.config)
        or any(other is earlier for earlier in met)
    )
