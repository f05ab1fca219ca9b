"""Questions between code bases: asked once, answered once, never dropped."""
