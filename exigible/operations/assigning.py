"""Who looks after an account, and by which strategy."""

from datetime import date, datetime

from exigible.domain.refusals import WrongInput
from exigible.operations import figures
from exigible.operations.acts import By, act_on
from exigible.store.models import DebtorKind, Strategy, User
from exigible.store.queries.people import may_work_on


def assign_collector(
    account_id: int,
    collector_id: int | None,
    *,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> None:
    """Entrust an account to a person, or to nobody; refuse someone who may not work on it."""
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        account = act.account
        collector = None
        if collector_id is not None:
            collector = User.objects.filter(pk=collector_id).first()
            if collector is None or not may_work_on(collector, account.portfolio_id):
                raise WrongInput(
                    "collector",
                    "Cette personne n’a pas accès au portefeuille de ce compte. Choisissez-en une "
                    "autre, ou donnez-lui l’accès dans Administration.",
                    field="collector",
                )
        account.collector = collector
        account.save(update_fields=["collector"])
        act.journal("collector_assigned", collector=str(collector.opaque_id) if collector else None)


def assign_strategy(
    account_id: int,
    strategy_id: int,
    *,
    on: date,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> None:
    """Follow an account by another strategy; refuse one that is not in force or for other debtors."""
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        account = act.account
        strategy = Strategy.objects.filter(pk=strategy_id, in_force=True).first()
        if strategy is None or strategy.creditor_id not in {None, account.creditor_id}:
            raise WrongInput(
                "strategy",
                "Cette stratégie n’est pas en service. Choisissez-en une autre.",
                field="strategy",
            )
        if strategy.audience != account.debtor.kind:
            raise WrongInput(
                "strategy_audience",
                f"« {strategy.name} » est écrite pour : {DebtorKind(strategy.audience).label}. Le "
                f"débiteur est : {DebtorKind(account.debtor.kind).label}.",
                field="strategy",
            )
        account.strategy = strategy
        account.save(update_fields=["strategy"])
        act.journal("strategy_assigned", strategy=strategy.pk)
        figures.refresh([account_id], on)
