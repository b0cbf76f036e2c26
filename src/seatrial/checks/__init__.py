"""Checks: functions that judge one text of an exchange; the same object asserts, guards and monitors."""
