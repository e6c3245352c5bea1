"""Unit, contract and system tests."""
