"""Personal data in text: one module for each family of entities, and the check that puts them together."""
