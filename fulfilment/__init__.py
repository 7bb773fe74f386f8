"""Carries out an approved order: plan, steps, read back; it says done only of what it has seen."""
