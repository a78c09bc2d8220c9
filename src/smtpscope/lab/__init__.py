"""The lab: a server to practise on and to test against, on the same protocol core as the client."""
