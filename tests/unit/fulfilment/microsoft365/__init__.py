"""The module for Microsoft 365."""
