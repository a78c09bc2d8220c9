"""Storage of the lab: messages in a Maildir, their envelopes, and the transcript of every session."""
