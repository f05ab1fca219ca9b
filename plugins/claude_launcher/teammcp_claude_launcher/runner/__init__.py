"""The runner: a process of its own on each machine, which runs the programs of agents and calls the server."""
