"""The demo's output: a table that is redrawn while the calls run, and the summary after them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from tools.demo.crm import Event
from tools.demo.customers import CUSTOMERS, Customer

_COLOURS = {"queued": "cyan", "waiting": "yellow", "calling": "magenta", "in_call": "bold magenta", "finished": "green"}

View = Mapping[str, Any]  # Any: a confirmation as the API shows it


def calls_table(views: Mapping[str, View], *, seconds: float) -> Table:
    """Return a table with one row for each customer: what they do, the confirmation's state, its calls so far, its outcome."""
    table = Table(title=f"12 customers, {seconds:.0f} s", title_justify="left", expand=False)
    for heading in ("order", "customer", "who", "status", "calls so far", "outcome"):
        table.add_column(heading, no_wrap=True)
    for customer in CUSTOMERS:
        view = views.get(customer.order_id, {})
        status = str(view.get("status", "…"))
        table.add_row(
            customer.order_id,
            customer.name,
            customer.does,
            f"[{_COLOURS.get(status, 'white')}]{status}[/]",
            " → ".join(results(view, running="…")),
            _verdict(customer, view),
        )
    return table


def results(view: View, *, running: str = "") -> list[str]:
    """Return the attempts' results in order; a running attempt appears as `running`, or not at all if that is empty."""
    found = [attempt.get("result") or running for attempt in view.get("attempts", [])]
    return [result for result in found if result]


def is_as_expected(customer: Customer, view: View) -> bool:
    """Return whether outcome and attempts are those that the customer's script must lead to."""
    return view.get("outcome") == customer.outcome and tuple(results(view)) == customer.results


def _verdict(customer: Customer, view: View) -> str:
    outcome = view.get("outcome")
    if outcome is None:
        return ""
    if is_as_expected(customer, view):
        return f"[green]✓ {outcome}[/]"
    return f"[red]✗ {outcome}, expected {customer.outcome} after {' → '.join(customer.results)}[/]"


def crm_table(received: Mapping[str, Event]) -> Table:
    """Return what the shop's CRM received on the channel, one row for each event."""
    table = Table(title="What the CRM received on the channel outcomes:shopaz", title_justify="left")
    for heading in ("order", "outcome", "how", "the customer's words", "calls"):
        table.add_column(heading)
    for order_id in sorted(received):
        data = received[order_id]["data"]
        evidence = data.get("evidence") or {}
        table.add_row(order_id, data["outcome"], evidence.get("channel", ""), evidence.get("quote") or "", str(data["attempts"]))
    return table


def ledger_table(findings: Sequence[tuple[str, str, bool]]) -> Table:
    """Return what the simulators measured on the line, as rows of (name, value, whether it is within its limit)."""
    table = Table(title="What was heard on the line", title_justify="left")
    for heading in ("measured by the simulators", "figure", ""):
        table.add_column(heading)
    for what, figure, is_good in findings:
        table.add_row(what, figure, "[green]✓[/]" if is_good else "[red]✗[/]")
    return table


def where(folder: Path) -> str:
    """Return the last lines of the demo: where its files are, with paths relative to the current folder."""
    folder = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    return (
        f"  listen to the calls   {folder / 'recordings'}  (left the customer, right the agent)\n"
        f"  read what was said    {folder / 'transcripts.txt'}\n"
        f"  all that was measured {folder / 'report.json'}\n"
        f"  logs of every part    {folder / 'logs'}"
    )
