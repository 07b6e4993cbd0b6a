"""Who may do what. A role gives capabilities; portfolios say on which accounts.

The matrix below is the only place where a role is given a right: views name the capability they
need, and the test of the permission matrix reads both.
"""

from enum import StrEnum


class Role(StrEnum):
    """What a person does in the credit department, or around it."""

    ASSISTANT = "assistant"
    COLLECTOR = "collector"
    LITIGATION = "litigation"
    MANAGER = "manager"
    CREDIT_MANAGER = "credit_manager"
    ACCOUNTANT = "accountant"
    SALES = "sales"
    AUDITOR = "auditor"
    PARTNER = "partner"
    ADMINISTRATOR = "administrator"


ROLE_LABELS: dict[Role, str] = {
    Role.ASSISTANT: "Assistant contentieux",
    Role.COLLECTOR: "Chargé de recouvrement",
    Role.LITIGATION: "Gestionnaire contentieux",
    Role.MANAGER: "Responsable du recouvrement",
    Role.CREDIT_MANAGER: "Credit manager",
    Role.ACCOUNTANT: "Comptable",
    Role.SALES: "Commercial",
    Role.AUDITOR: "Auditeur",
    Role.PARTNER: "Partenaire",
    Role.ADMINISTRATOR: "Administrateur",
}


class Capability(StrEnum):
    """One thing a view or a command lets someone do."""

    SEE_ACCOUNTS = "see_accounts"  # lists, account page, explanations, décompte
    SEE_WORKLIST = "see_worklist"  # Ma journée
    WORK_ACCOUNTS = "work_accounts"  # calls, notes, promises, disputes, postponements
    HOLD_ACCOUNTS = "hold_accounts"  # suspend and resume
    ASSIGN_ACCOUNTS = "assign_accounts"  # collector in charge, strategy
    COMPLETE_DATA = "complete_data"  # À compléter: addresses, due dates, kind of debtor
    MERGE_DEBTORS = "merge_debtors"  # Doublons: one debtor known twice, merged, undone
    RECORD_PAYMENTS = "record_payments"  # payments and their allocation
    SEE_RECEIPTS = "see_receipts"  # Encaissements: bank lines and what they pay
    SET_MATCHING = "set_matching"  # the rules of matching, what it learnt
    APPROVE_MESSAGES = "approve_messages"  # let a proposed message leave
    SEE_MESSAGES = "see_messages"  # Envois
    SEE_AGEING = "see_ageing"  # Balance âgée
    CALCULATE = "calculate"  # Calculettes
    EXPORT = "export"  # spreadsheets
    IMPORT = "import"  # Imports
    UNDO_IMPORTS = "undo_imports"  # take a whole import back
    RUN_DAY = "run_day"  # the daily run by hand
    SEE_TEMPLATES = "see_templates"
    SEE_LAW = "see_law"  # Veille juridique
    ENTER_LAW = "enter_law"  # a newly published value: enter, confirm, withdraw
    ADMINISTER = "administer"  # users, creditors, bank accounts


_READ = frozenset(
    {
        Capability.SEE_ACCOUNTS,
        Capability.SEE_AGEING,
        Capability.SEE_MESSAGES,
        Capability.CALCULATE,
        Capability.EXPORT,
    }
)
_DAILY = _READ | {
    Capability.SEE_WORKLIST,
    Capability.WORK_ACCOUNTS,
    Capability.COMPLETE_DATA,
    Capability.SEE_TEMPLATES,
}
_LEAD = _DAILY | {
    Capability.MERGE_DEBTORS,
    Capability.HOLD_ACCOUNTS,
    Capability.ASSIGN_ACCOUNTS,
    Capability.APPROVE_MESSAGES,
    Capability.RECORD_PAYMENTS,
    Capability.SEE_RECEIPTS,
    Capability.SET_MATCHING,
    Capability.RUN_DAY,
    Capability.SEE_LAW,
    Capability.ENTER_LAW,
}

CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.ASSISTANT: _DAILY | {Capability.RECORD_PAYMENTS, Capability.SEE_RECEIPTS},
    Role.COLLECTOR: _DAILY
    | {
        Capability.HOLD_ACCOUNTS,
        Capability.APPROVE_MESSAGES,
        Capability.RECORD_PAYMENTS,
        Capability.SEE_RECEIPTS,
    },
    Role.LITIGATION: _DAILY
    | {
        Capability.MERGE_DEBTORS,
        Capability.HOLD_ACCOUNTS,
        Capability.APPROVE_MESSAGES,
        Capability.RECORD_PAYMENTS,
        Capability.SEE_RECEIPTS,
        Capability.SEE_LAW,
    },
    Role.MANAGER: _LEAD,
    Role.CREDIT_MANAGER: _LEAD | {Capability.IMPORT, Capability.UNDO_IMPORTS},
    Role.ACCOUNTANT: _READ
    | {
        Capability.SEE_WORKLIST,
        Capability.RECORD_PAYMENTS,
        Capability.SEE_RECEIPTS,
        Capability.COMPLETE_DATA,
        Capability.MERGE_DEBTORS,
        Capability.IMPORT,
        Capability.UNDO_IMPORTS,
        Capability.SEE_LAW,
    },
    Role.SALES: frozenset(
        {
            Capability.SEE_ACCOUNTS,
            Capability.SEE_WORKLIST,
            Capability.WORK_ACCOUNTS,
            Capability.CALCULATE,
        }
    ),
    Role.AUDITOR: _READ | {Capability.SEE_RECEIPTS, Capability.SEE_TEMPLATES, Capability.SEE_LAW},
    Role.PARTNER: frozenset(),
    Role.ADMINISTRATOR: frozenset(Capability),
}


def may(role: str, capability: Capability) -> bool:
    """Say whether `role` (a `Role` value) holds `capability`; an unknown role holds none."""
    try:
        return capability in CAPABILITIES[Role(role)]
    except ValueError:
        return False
