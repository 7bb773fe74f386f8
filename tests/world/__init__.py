"""A fake Microsoft world as a server process, a fault proxy, and what is proven against them."""
