"""From the text a model gave to the value a schema asks for: mended by name, or refused by kind, never guessed."""
