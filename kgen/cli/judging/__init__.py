"""A trained model before its judges: the evidence, what is said of each kind of data, and how long it takes."""
