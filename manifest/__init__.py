"""The Teams app package: what an administrator uploads once."""
