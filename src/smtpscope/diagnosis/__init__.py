"""What a session means: its outcome, and explanations of what went wrong. Pure: values in, values out."""
