"""`python -m bot`: serve, or one of the commands of `python -m bot --help`."""

from bot.command_line import app

app()
