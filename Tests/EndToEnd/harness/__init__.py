"""Starts Penstock's real programs on free ports and talks to them."""
