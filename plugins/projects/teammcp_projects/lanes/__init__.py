"""Agents that are started for questions: one of its own for each lane, which keeps its conversation.

The launcher starts them, where it is installed. It is called by the names of its operations: without it, or for a
project of which no runtime is set, those answer whom a person has named.
"""
