"""Tests of the Teams app package."""
