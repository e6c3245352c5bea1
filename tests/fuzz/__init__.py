"""Fuzzing of every parser at a door: any bytes in, and nothing out but what the parser promises.

`target.py` says what a target is, `bridge.py`, `webhook.py` and `stored.py` hold them, `corpus/` their first inputs. pytest plays
corpus and hypothesis (`test_targets.py`); `python -m tests.fuzz` is guided by coverage (atheris).
"""
