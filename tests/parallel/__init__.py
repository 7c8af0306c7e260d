"""Tests of networks on several devices."""
