"""What users and jobs can do: one function, one transaction each.

Every operation takes who (`by`) and when (`at`, an aware moment; `on`, the Paris day) as arguments:
nothing here looks at a clock. It locks the account, asks `domain`, appends facts and journal, and
refuses with `exigible.domain.refusals`.
"""
