"""A seeded world of fictional people and companies, played day by day through the operations."""
