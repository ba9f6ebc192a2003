"""Sessions on disk: MCAP and CSV, in and out."""
