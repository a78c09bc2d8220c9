"""The options of every command, as data, one file a command: the parser, the help and the reference come from them."""
