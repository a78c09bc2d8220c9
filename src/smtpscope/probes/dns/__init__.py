"""What DNS knows of a name or an address."""
