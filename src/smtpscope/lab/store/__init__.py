"""What the lab keeps: messages in a Maildir, their envelopes, and the transcript of every session."""
