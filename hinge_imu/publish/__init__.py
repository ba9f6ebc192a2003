"""From events to the coach's broker."""
