"""The demo world: synthetic deliveries and a portal on loopback, made for any programme from data beside it."""
