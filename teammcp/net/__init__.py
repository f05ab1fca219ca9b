"""How programs reach a server: addresses, and the way to them."""
