"""Handing orders over to the portal of a supplier, and hearing what became of them."""
