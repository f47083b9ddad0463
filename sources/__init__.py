"""The inbound edge: inboxes, portals and the archive. The only room that opens a network or an inbox."""
