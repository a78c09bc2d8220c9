"""Views: from events to text, JSON, JUnit and log lines. Pure: nothing is written here."""
