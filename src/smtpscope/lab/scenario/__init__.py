"""What the lab plays: rules that change a reply, read from TOML, built in, or asked for by an address."""
