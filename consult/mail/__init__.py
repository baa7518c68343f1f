"""The outbox: mails that exist exactly when their cause was committed, and reach each person once a cause at most."""
