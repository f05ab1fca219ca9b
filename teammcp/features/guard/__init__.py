"""The guard: loops of agents are stopped, and what an agent may send and spend in a day is limited."""
