"""The hot loops, each with its plain specification beside it."""
