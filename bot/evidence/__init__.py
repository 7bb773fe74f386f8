"""The evidence of one order: what was asked, decided, changed and checked, for who audits it."""
