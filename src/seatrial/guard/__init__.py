"""Checks in the line of fire: the same object that judges a test case, with an action, before and behind the model."""
