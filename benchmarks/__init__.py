"""Measurements of speed and memory, one command each; never run as tests."""
