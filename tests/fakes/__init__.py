"""Fakes of everything outside the bot; each says that it is one."""
