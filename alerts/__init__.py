"""Messages to those whom a programme's routes name. The only room that talks to people's channels."""
