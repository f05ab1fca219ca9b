"""Settings: what may be set, from where it is read, and words for what is wrong."""

from .settings import SHORTEST_SECRET_KEY, Settings, default_home, load_settings, split_keys

__all__ = ["SHORTEST_SECRET_KEY", "Settings", "default_home", "load_settings", "split_keys"]
