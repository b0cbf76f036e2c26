"""Where cases come from beside the suite file: data files and generators, with typed columns."""
