"""The interface for other programs: what the pages do, for the systems of a bank and of partner platforms, by the same rights."""
