"""The nouns every other folder speaks in: records, events, protocols, errors and the registry; no I/O."""
