"""Whole conversations over HTTP, with authentication on."""
