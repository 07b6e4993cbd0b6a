"""« M. Delattre a noté une promesse à 10 h 42 » : who acted while a page was open."""

from datetime import datetime
from uuid import UUID

from exigible.domain.refusals import Stale
from exigible.store.queries.timeline import names_of
from exigible.web.templatetags.french import hour
from exigible.web.wording import JOURNAL

_DEEDS = {
    "promise_recorded": "a noté une promesse",
    "promise_cancelled": "a annulé une promesse",
    "hold_placed": "a suspendu le compte",
    "hold_lifted": "a levé une suspension",
    "dispute_opened": "a ouvert un litige",
    "dispute_closed": "a clos un litige",
    "call_recorded": "a noté un appel",
    "note_recorded": "a ajouté une note",
    "task_added": "a créé une tâche",
    "task_finished": "a terminé une tâche",
    "payment_recorded": "a saisi un règlement",
    "payment_allocated": "a affecté un règlement",
    "accessories_paid": "a imputé un règlement sur des pénalités",
    "payment_reversed": "a contrepassé un règlement",
    "settlement_reversed": "a contrepassé une affectation",
    "collector_assigned": "a confié le compte",
    "strategy_assigned": "a changé la stratégie",
    "contact_saved": "a enregistré un contact",
    "debtor_completed": "a complété l’identité",
    "register_taken_back": "a défait une reprise du registre",
    "debtors_merged": "a réuni deux débiteurs",
    "merge_undone": "a défait une réunion",
    "register_asked": "a interrogé le registre",
    "claims_completed": "a complété des créances",
    "terms_set": "a changé les conditions",
    "proposal_approved": "a validé l’étape",
    "proposal_postponed": "a reporté l’étape",
    "proposal_dismissed": "a écarté l’étape",
    "proposal_done": "a fait l’étape",
}


def who_acted(stale: Stale) -> str:
    """Say who acted meanwhile, what they did and when; empty if the journal does not say."""
    actor, action, at = (str(stale.facts.get(key, "")) for key in ("actor", "action", "at"))
    if not actor:
        return ""
    kind, _, value = actor.partition(":")
    if kind == "user":
        who = names_of([UUID(value)]).get(UUID(value), "Une personne effacée")
    else:
        who = {"job": "Le passage quotidien", "import": "Un import"}.get(kind, "Un traitement")
    deed = _DEEDS.get(action, f"a agi ({JOURNAL.get(action, action).lower()})")
    when = f" à {hour(datetime.fromisoformat(at))}" if at else ""
    return f"{who} {deed}{when}."
