"""The steps that orders are made of, one small class each."""
