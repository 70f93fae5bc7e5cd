"""Who may apply: legal entities, their branches, categories, accounts, pre-registrations and members."""
