"""The views, one module a screen: parse, ask, answer."""
