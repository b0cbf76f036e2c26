"""Evals: suites of cases run against a feature, judged by checks, counted, gated and reported."""
