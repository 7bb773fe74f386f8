"""Journeys through the real client in Chromium (`make e2e`)."""
