"""Every mutation. The one place a new module of mutations is added."""

from proof.mutation import Mutation
from proof.mutations import rds

MUTATIONS: tuple[Mutation, ...] = (*rds.MUTATIONS,)
