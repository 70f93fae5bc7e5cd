"""Who you are: users, roles, login."""
