"""Extra questions that tell causes apart: one file each. None sends mail, each takes at most 3 s."""
