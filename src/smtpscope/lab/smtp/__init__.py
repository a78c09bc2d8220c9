"""The server side of SMTP and LMTP, without I/O: the session, the commands, the replies."""
