"""One module a stage of a case. Each public function is one verb in one transaction; only these modules write state and money."""
