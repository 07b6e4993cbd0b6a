"""Background jobs: each calls one operation, and only jobs, pages and commands read the clock."""
