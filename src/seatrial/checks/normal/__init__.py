"""What a text says without its disguise: normalised and decoded views that know their places in the raw text."""
