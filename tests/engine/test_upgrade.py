"""`make upgrade` on a deployed stack: the same program passes, a replaced bucket fails."""

from engine_stack import Deployed
from tools import upgrade


def test_the_same_program_passes_and_a_replaced_bucket_fails(staging: Deployed) -> None:
    report = upgrade.previewed(staging.opened)
    assert next(upgrade.listing(report)).startswith("staging: no change (")
    assert upgrade.losses(report) == []

    staging.deployment.configure({"arbor:logExportBucket": "another-staging-bucket"})
    lost = upgrade.losses(upgrade.previewed(staging.opened))
    assert any("(aws:s3/bucket:Bucket) would be replaced" in sentence for sentence in lost)
