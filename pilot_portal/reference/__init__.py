"""What the scheme takes as given: the pilot year, dictionaries with validity dates, the working-day calendar."""
