"""The functions whose results are kept: plain functions, a module for each kind of value."""
