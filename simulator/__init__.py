"""Compare synchronous (SHA) and asynchronous (ASHA) successive halving on a simulated cluster."""
