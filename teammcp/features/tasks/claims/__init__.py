"""Claims: taking a task under a lease, reporting on it, finishing it or giving it back."""
