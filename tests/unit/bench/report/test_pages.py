"""What was measured, in the documents that show it."""

from pathlib import Path

from bench.report.pages import documents, filled, refresh
from bench.report.report import RESULTS

PAGE = """\
# bridge

2026-11-22 15:53 UTC · 2 x Xeon · load before 0.1, after 0.9

`python -m bench`

## At 50 calls, and the most calls

| system | calls |
| --- | --- |
| bridge | 450 |

A note.

## Over the number of calls

| system | calls |
| --- | --- |
| bridge | 10 |

![bridge_cost](bridge_cost.png)
![bridge_latency](bridge_latency.png)
"""
DOCUMENT = """\
Before.

<!-- bench: bridge / At 50 calls -->
typed by hand
<!-- /bench -->

Between.

<!-- bench: bridge / plots -->
<!-- /bench -->
<!-- bench: soak / Memory -->
<!-- /bench -->
"""


def written(tmp_path: Path) -> str:
    results = tmp_path / "bench" / "results"
    results.mkdir(parents=True)
    (results / "bridge.md").write_text(PAGE)
    return filled(DOCUMENT, folder=tmp_path / "docs", results=results)


def test_a_table_is_found_by_the_beginning_of_its_title(tmp_path: Path) -> None:
    text = written(tmp_path)
    assert "typed by hand" not in text
    assert "**At 50 calls, and the most calls**\n\n| system | calls |\n| --- | --- |\n| bridge | 450 |\n" in text
    circumstances = "2026-11-22 15:53 UTC · 2 x Xeon · load before 0.1, after 0.9 · `python -m bench`"
    assert f"{circumstances} · [bridge](../bench/results/bridge.md)" in text
    assert "| bridge | 10 |" not in text
    assert "Between." in text


def test_plots_are_linked_from_the_documents_folder(tmp_path: Path) -> None:
    text = written(tmp_path)
    assert "![bridge_cost](../bench/results/bridge_cost.png)\n![bridge_latency](../bench/results/bridge_latency.png)" in text


def test_a_document_may_show_one_of_a_pages_plots(tmp_path: Path) -> None:
    results = tmp_path / "bench" / "results"
    results.mkdir(parents=True)
    (results / "bridge.md").write_text(PAGE)
    document = "<!-- bench: bridge / plot bridge_latency -->\n<!-- /bench -->\n"
    shown = "![bridge_latency](bench/results/bridge_latency.png)"
    assert filled(document, folder=tmp_path, results=results) == document.replace("\n", f"\n{shown}\n", 1)


def test_what_was_not_measured_says_so(tmp_path: Path) -> None:
    assert "<!-- bench: soak / Memory -->\nNot measured yet: `make bench`.\n<!-- /bench -->" in written(tmp_path)


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    text = written(tmp_path)
    assert filled(text, folder=tmp_path / "docs", results=tmp_path / "bench" / "results") == text


def test_only_documents_that_show_figures_are_written(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "bench").mkdir()
    (tmp_path / "README.md").write_text(DOCUMENT)
    (tmp_path / "bench" / "README.md").write_text(DOCUMENT)
    (tmp_path / "docs" / "other.md").write_text("Nothing.\n")
    assert refresh(tmp_path, tmp_path / "results") == [tmp_path / "README.md", tmp_path / "bench" / "README.md"]
    assert refresh(tmp_path, tmp_path / "results") == []


def test_our_own_documents_show_what_was_measured_last() -> None:
    for path in documents():
        text = path.read_text("utf-8")
        assert filled(text, folder=path.parent, results=RESULTS) == text, f"{path.name}: python -m bench --readme"
