"""The user's files with positions: YAML, JSON lines, CSV and front matter, read so that every mistake has a line."""
