"""A model card: the page, what stands on it, and the command that repeats the run."""
