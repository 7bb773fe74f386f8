"""Tests of the launcher of the real client."""
