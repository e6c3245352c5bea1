"""The softphone: a page on which a person at this machine talks to the bot through the browser. Off in production."""
