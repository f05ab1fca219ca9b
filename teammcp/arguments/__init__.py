"""What callers give: types of fields, how strictly they are checked, names in one spelling, places in lists."""
