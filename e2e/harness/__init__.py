"""Drives wharf from outside, with the programs its users have."""
