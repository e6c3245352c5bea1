"""Whatever marks come back, in any order: none from amid an item ends one."""

from hypothesis import given
from hypothesis import strategies as st

from shared.core.conversation.playback import Playback


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([60.0, 100.0, 200.0])), min_size=1, max_size=12), st.data())
def test_whatever_is_noted_from_amid_an_item_ends_none(said: list[tuple[str, float]], data: st.DataObject) -> None:
    playback = Playback()
    names = []
    for item, duration_ms in said:
        playback.append(item, duration_ms, 0.0)
        names.append(playback.next_mark())
    for name in data.draw(st.permutations(names)):
        before = {item for item in "abc" if playback.has_heard(item)}
        if playback.echo_within(name, 1.0):
            assert {item for item in "abc" if playback.has_heard(item)} == before
            assert not playback.is_drained
        else:
            playback.echo(name, 1.0)
    assert playback.is_drained
