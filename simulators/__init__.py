"""Programs that play Twilio, OpenAI and the customers who are called; they import nothing of the product."""
