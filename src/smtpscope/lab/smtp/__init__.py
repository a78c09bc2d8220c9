"""The server's side of SMTP and LMTP, without I/O: a session, its commands, what is replied to each."""
