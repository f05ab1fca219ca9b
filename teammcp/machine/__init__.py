"""The machine on which a program runs: files that are whole or not there, and terminals of any encoding."""
