"""The protocol itself: bytes to values and back, shared by client and server. No I/O, no clock, no randomness."""
