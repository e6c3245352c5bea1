"""Media streams: which are admitted, and the calls about one order after the other on one stream."""
