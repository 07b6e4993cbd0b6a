"""What is stored: Django models, migrations, queries. Rows in, domain objects out."""
