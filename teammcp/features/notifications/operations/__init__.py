"""What can be done with notifications; the last two the server does itself."""
