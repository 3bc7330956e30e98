"""Names and AWS limits that the program and the operators' commands share; imports nothing else."""
