"""The machinery that all methods share."""
