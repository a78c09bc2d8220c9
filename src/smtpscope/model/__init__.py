"""What happened in a conversation, and what came of it: values that every other part speaks in."""
