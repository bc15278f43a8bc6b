"""The schedulers of other libraries with their exact rules: Ray Tune, Optuna, Syne Tune and scikit-learn."""
