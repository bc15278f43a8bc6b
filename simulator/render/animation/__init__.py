"""Animations: frames painted on a canvas of palette indices."""
