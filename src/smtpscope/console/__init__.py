"""The console: telnet's place taken, with a memory and a teacher. Its core knows no terminal and no socket."""
