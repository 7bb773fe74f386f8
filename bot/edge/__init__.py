"""The edge: who may speak to the bot, what was said, and how answers get back."""
