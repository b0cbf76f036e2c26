"""Secrets in text: keys of providers by their form, private keys, tokens, passwords in addresses and behind their name."""
