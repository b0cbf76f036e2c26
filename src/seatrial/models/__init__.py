"""Models: how answers are asked for, whichever way they are had (a wire over HTTP, a recording, a script)."""
