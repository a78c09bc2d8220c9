"""Dialogues: what a client sends, as generators of steps. Pure: no sockets, no clock, no randomness."""
