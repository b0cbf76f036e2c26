"""Prompts: plain text files with inputs, cut into sections before anything is rendered."""
