"""Waking on the side of the program: a helper beside it asks the server when to ring, and rings.

It takes nothing from the server for a program that is gone, and ends with it. `loop` is the same for all programs; how
a line gets into a session of one of them stands in a file of its own.
"""
