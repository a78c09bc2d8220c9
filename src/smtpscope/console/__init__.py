"""The console: an interactive SMTP client, like telnet with history, hints, and explanations.

Its core (session, draft, screen, advice) uses no terminal and no socket.
"""
