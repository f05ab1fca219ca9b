"""Who did what, when and from where: a sealed change log, reports, retention."""

from __future__ import annotations
