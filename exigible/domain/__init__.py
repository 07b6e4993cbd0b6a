"""The rules: plain Python and NumPy columns, no Django, no network, no clock."""
