"""Animations: frames painted on an index canvas."""
