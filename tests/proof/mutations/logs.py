"""Changes that violate the rules on log groups."""

from proof.mutation import Mutation

GROUP = "aws:cloudwatch/logGroup:LogGroup"

MUTATIONS = (
    Mutation(
        rule="logs-retention",
        what="the backend's logs are kept for ever",
        token=GROUP,
        resource="logs-backend",
        inputs={"retention_in_days": None},
    ),
    Mutation(
        rule="logs-own-key",
        what="the backend's logs lose their own key",
        token=GROUP,
        resource="logs-backend",
        inputs={"kms_key_id": None},
    ),
)
