"""JSON API: other software deposits files and data, follows imports, reads accounts and claims."""
