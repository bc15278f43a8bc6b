"""Exploring a scenario by sliders: controls, the worlds that they lead to, and the page or server that shows them."""
