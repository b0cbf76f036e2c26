"""A provider of models that is none: it speaks the wires, says what it is told to, and fails on schedule."""
