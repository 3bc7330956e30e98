"""The workflows, job by job, without GitHub."""
