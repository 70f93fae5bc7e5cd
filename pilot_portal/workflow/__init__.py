"""How anything changes state, and how it is refused."""
