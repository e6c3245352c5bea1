"""Places the calls: RQ workers, the ticker that wakes what is due, and the reconciler that clears up what got lost."""
