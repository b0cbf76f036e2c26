"""Run folders on disk: written so that a killed run loses nothing finished, read without holding them in memory."""
