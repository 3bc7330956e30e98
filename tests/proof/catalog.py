"""Every mutation. Add a new module of mutations here."""

from proof.mutation import Mutation
from proof.mutations import (
    contract,
    ecs,
    edge,
    elasticache,
    iam,
    logs,
    network,
    rds,
    s3,
    secrets,
    task,
)

MUTATIONS: tuple[Mutation, ...] = (
    *rds.MUTATIONS,
    *elasticache.MUTATIONS,
    *secrets.MUTATIONS,
    *s3.MUTATIONS,
    *logs.MUTATIONS,
    *network.MUTATIONS,
    *edge.MUTATIONS,
    *ecs.MUTATIONS,
    *task.MUTATIONS,
    *iam.MUTATIONS,
    *contract.MUTATIONS,
)
