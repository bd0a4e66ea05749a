"""What a lab wants: sessions, transfers, questions, credentials, and the delivery of all that was accepted."""
