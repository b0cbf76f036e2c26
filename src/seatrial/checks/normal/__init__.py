"""What a text says once its disguise is off: normalised and decoded views that know where in the raw text they stand."""
