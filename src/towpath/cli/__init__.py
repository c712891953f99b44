"""The command line. Each command is a module: what it takes, and a function that carries it out."""
