"""Sessions that were recorded before there was a bridge."""
