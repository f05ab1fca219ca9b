"""Claims: who works on a directive, under a lease, and how that ends."""
