"""Replaying labelled screening sets through the queue's ordering."""
