"""Views: from events to text, JSON, JUnit, and log lines. No I/O."""
