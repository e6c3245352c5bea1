"""Several runs become one by the median of each figure, so that one run that was disturbed changes nothing."""

from bench.report.medians import medians, medians_by


def test_each_figure_is_the_median_of_its_runs() -> None:
    assert medians([{"p50": 1.0, "p99": 9.0}, {"p50": 3.0, "p99": 7.0}, {"p50": 2.0, "p99": 50.0}]) == {"p50": 2.0, "p99": 9.0}


def test_things_keep_their_names() -> None:
    assert medians_by([{"ours": {"per_s": 1.0}}, {"ours": {"per_s": 3.0}}]) == {"ours": {"per_s": 2.0}}
