"""The schedulers of other libraries, rule for rule: Ray Tune, Optuna, Syne Tune and scikit-learn, a file each."""
