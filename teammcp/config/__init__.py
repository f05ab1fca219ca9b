"""Settings: what may be set, from where it is read, and words for what is wrong."""

from .settings import Settings, default_home, load_settings

__all__ = ["Settings", "default_home", "load_settings"]
