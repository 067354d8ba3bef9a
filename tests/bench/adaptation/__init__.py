"""Adaptation on streams that change: what it gives back, and what it must not take."""
