"""From dimensions to a verdict: the record, and the classifiers that fill it."""
