"""What lies between the socket and the surfaces: Hypercorn, the outermost layers, ASGI helpers. It knows no team."""
