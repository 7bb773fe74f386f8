"""Forged, malformed and hostile input, made by generators with a seed and sent over HTTP."""
