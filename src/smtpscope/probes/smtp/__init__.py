"""What mail servers reply to somebody else, or for somebody else."""
