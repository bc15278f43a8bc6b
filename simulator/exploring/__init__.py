"""A scenario whose numbers are moved: sliders, the worlds they lead to, and the page or server that shows them."""
