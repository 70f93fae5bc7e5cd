"""What we told whom: outbox, in-app inbox, mail, SMS."""
