"""The protocol itself: octets to values and back, shared by client and server. No I/O, no clock, no randomness."""
