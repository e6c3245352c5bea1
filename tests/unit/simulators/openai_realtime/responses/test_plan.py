"""What a response will be like is drawn before it begins, by the session's traits and seed."""

from statistics import median

import pytest

from simulators.openai_realtime.chance import Chance, Chances
from simulators.openai_realtime.faults import Faults
from simulators.openai_realtime.responses.plan import Plan, plan
from simulators.profile import Profile

REALISTIC = Faults().but({"profile": Profile.REALISTIC})


def plans(faults: Faults, count: int = 2000, *, after_tool: bool = False, seed: int = 1) -> list[Plan]:
    return [plan(faults, Chance(f"{seed}/S{session}/1"), number=1, after_tool=after_tool) for session in range(count)]


def test_without_traits_a_response_is_complete_and_its_delay_always_the_same() -> None:
    assert set(plans(Faults(), 50)) == {Plan(0.3)}


def test_the_first_audio_is_drawn_between_the_measured_limits() -> None:
    waits = [one.first_output_s for one in plans(REALISTIC)]

    assert 0.6 <= min(waits) < 0.8
    assert 3.5 < max(waits) <= 4.5
    assert 1.4 < median(waits) < 1.6


def test_after_a_tool_it_takes_longer() -> None:
    usual, after = (median(one.first_output_s for one in plans(REALISTIC, after_tool=that)) for that in (False, True))

    assert after == pytest.approx(usual * REALISTIC.after_tool_factor)
    assert max(one.first_output_s for one in plans(REALISTIC, after_tool=True)) <= 4.5


def test_a_delay_can_be_forced() -> None:
    assert {one.first_output_s for one in plans(REALISTIC.but({"first_audio_s": 3.4, "after_tool_factor": 1}))} == {3.4}


@pytest.mark.parametrize(
    "trait", ["content_filter", "max_output_tokens", "no_output", "text_only", "rate_limited", "session_error"]
)
def test_each_ending_can_be_forced_by_probability_or_by_the_number_of_the_response(trait: str) -> None:
    assert {one.ending for one in plans(Faults().but({trait: 1}), 50)} == {trait}
    by_number = Faults().but({trait: [2]})
    assert [plan(by_number, Chance(), number=number, after_tool=False).ending for number in (1, 2, 3)] == [None, trait, None]


@pytest.mark.parametrize("trait", ["preamble", "two_items", "silent_audio", "lost_done", "other_words"])
def test_each_other_trait_can_be_forced(trait: str) -> None:
    assert all(getattr(one, trait) for one in plans(Faults().but({trait: 1.0}), 50))
    assert not any(getattr(one, trait) for one in plans(Faults(), 50))


def test_a_trait_shows_as_often_as_its_probability_says() -> None:
    shown = sum(one.two_items for one in plans(REALISTIC))

    assert 0.08 < shown / 2000 < 0.12


def test_the_same_seed_gives_the_same_plans_and_another_seed_others() -> None:
    assert plans(REALISTIC) == plans(REALISTIC)
    assert plans(REALISTIC) != plans(REALISTIC, seed=2)


def test_one_trait_does_not_shift_the_draws_of_another() -> None:
    with_more = plans(REALISTIC.but({"two_items": 0.9, "no_output": 0.0}))

    assert [one.first_output_s for one in with_more] == [one.first_output_s for one in plans(REALISTIC)]
    assert [one.preamble for one in with_more] == [one.preamble for one in plans(REALISTIC)]


@pytest.mark.parametrize("counting", [{"failed_responses": [9]}, {"drop_on_response": 9}, {"content_filter": [9]}])
def test_no_ending_by_chance_shifts_the_numbers_that_a_fault_counts_by(counting: dict[str, object]) -> None:
    assert {one.ending for one in plans(REALISTIC.but(counting))} == {None}


def test_each_session_of_an_order_has_its_own_chance_and_the_next_run_the_same() -> None:
    def keys() -> list[str]:
        chances = Chances()
        return [chances.of(f'Phone about {{"id":"{order}"}} now', seed=3).key for order in ("A", "B", "A")]

    assert keys() == keys() == ["3/A/1", "3/B/1", "3/A/2"]
    assert Chances().of("no order", seed=3).key == "3/no order/1"


def test_a_profile_changes_all_traits_that_are_not_named_beside_it_and_no_fault() -> None:
    changed = REALISTIC.but({"noise": True, "seed": 7}).but({"profile": "ideal", "two_items": 1})

    assert changed == Faults(noise=True, seed=7, two_items=1.0)
    with pytest.raises(ValueError, match="dreamy"):
        Faults().but({"profile": "dreamy"})
