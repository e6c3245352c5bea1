"""Programs that play Twilio, OpenAI and the people who are called; they import nothing of the product."""
