"""Pages of this plugin. Nothing is imported here: notices have pages of their own, which use the layout."""
