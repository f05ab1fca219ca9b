"""The commands of ``teammcp``, one subject a file.

Modules here import what they need inside the commands, so that ``teammcp --help`` and small commands stay quick.
"""
