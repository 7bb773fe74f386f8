"""The real client of `make run`: Microsoft's Agents Playground, one per persona."""
