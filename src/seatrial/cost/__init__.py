"""What usage costs, in whole nano-dollars."""
