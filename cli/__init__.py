"""The terminal door: `wayline`."""
