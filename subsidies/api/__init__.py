"""What insurers' systems may ask: keys, schemas, routes, problems. They see what their people see."""
