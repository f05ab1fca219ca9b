"""The parts of `make_docs` that write one generated page each."""
