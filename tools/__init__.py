"""Scripts that make pages, notebooks, logs and studies."""
