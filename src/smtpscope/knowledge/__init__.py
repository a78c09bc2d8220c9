"""What the world knows about replies: a catalogue as data, and the pure matching of a reply with it."""
