"""Tests of one part at a time, without I/O where the part has none."""
