"""Model-graded checks: rubrics as data, one engine that asks and reads, and what holds a judge against people."""
