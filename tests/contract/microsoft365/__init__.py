"""Our calls against what Microsoft publishes about its API."""
