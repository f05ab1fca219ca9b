"""What the surfaces share: bytes in and out, resources to follow, what waits for a member, who reads an answer."""
