"""The real process, killed at any moment and started again."""
