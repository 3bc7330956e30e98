"""An emulated AWS account for the real Pulumi engine."""
