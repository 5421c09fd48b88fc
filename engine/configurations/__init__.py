"""Configurations of service levels: their format, their findings, and the service levels that they describe."""
