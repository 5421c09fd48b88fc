"""Calendar documents: their format, their findings, and the working calendars that they describe."""
