"""Secrets in text: keys of providers, private keys, tokens, passwords in addresses, values that a name calls secret."""
