"""Scenarios: rules that change replies, built in, from a TOML file, or chosen by an address."""
