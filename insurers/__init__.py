"""Who insures: insurers, products, policies and what belongs to them, entrustments."""
