"""What to say: dialogues as generators of steps. Pure: no sockets, no clock, no randomness."""
