"""Public registers of companies: one interface, three sources, raw answers.

`registers_of` gives those that the settings open, in the order in which they are asked. What an answer
says is read by `exigible.intake.registers`.
"""

from exigible.channels.registers.sources import (
    RechercheEntreprises,
    Register,
    RegisterSettings,
    Rne,
    Sirene,
    registers_of,
)
from exigible.channels.registers.transport import OutOfReach

__all__ = [
    "OutOfReach",
    "RechercheEntreprises",
    "Register",
    "RegisterSettings",
    "Rne",
    "Sirene",
    "registers_of",
]
