"""The bots of the table; each runs in an environment of its own, which knows only its SDK."""
