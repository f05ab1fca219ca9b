"""What can be done with mail; what is internal the server does by itself."""
