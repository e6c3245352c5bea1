"""The softphone: a page in which a person on this very machine talks to the bot by the browser's microphone. Off in production."""
