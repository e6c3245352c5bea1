"""Creates the item for committed input audio, as the server does."""

from simulators.openai_realtime.session_context.channel import Channel
from simulators.openai_realtime.session_context.conversation import Item
from simulators.openai_realtime.session_context.state import SessionState


async def commit_user_item(state: SessionState, channel: Channel, item_id: str) -> Item:
    """Add a user item without words, and send the events of a commit."""
    item = Item(item_id, "message", "user", content=[{"type": "input_audio", "transcript": None}])
    previous = state.conversation.add(item)
    await channel.send({"type": "input_audio_buffer.committed", "item_id": item_id, "previous_item_id": previous})
    for name in ("conversation.item.added", "conversation.item.done"):
        await channel.send({"type": name, "previous_item_id": previous, "item": item.to_json()})
    return item
