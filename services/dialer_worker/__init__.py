"""Places the calls: RQ workers, the ticker that enqueues what is due, and the reconciler that settles unclear calls."""
