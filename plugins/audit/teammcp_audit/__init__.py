"""Who did what, when and from where: a sealed change log, reports, retention."""
