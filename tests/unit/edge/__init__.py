"""Tests of bot/edge."""
