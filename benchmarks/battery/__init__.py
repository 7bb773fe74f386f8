"""The forged battery of the tests against this bot and against its peers."""
