"""Extra questions that tell causes apart: a module each, by topic. None sends mail; each takes at most 3 s."""
