"""What a change of the repository does once it is merged, in AFT's own terms, computed before it happens."""
