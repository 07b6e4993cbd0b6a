"""Tables that other software exports, understood column by column, from their headings and values.

`kinds.yaml` names what a file may hold and how software calls it; `grids` opens any spreadsheet or
text; `guessing` proposes a `Mapping`, which people correct and keep; `reading` turns rows into facts.
"""
