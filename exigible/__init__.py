"""Exigible: the working tool of the people who get French companies paid."""

__version__ = "0.1.0"
