"""Tasks themselves: making, changing, finishing, listing and deleting them."""
