"""What happened in a session, and its result: the values that all other parts use."""
