"""Calls looked at from outside, by their records: how they stand, what led to what, what may go, what a person says."""
