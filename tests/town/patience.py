# SPDX-License-Identifier: Apache-2.0
"""Waiting for what happens elsewhere: asked again and again, until a deadline."""
import time

PATIENCE = 30  # seconds


def until(question, what, patience=PATIENCE):
    """The question's first answer that is not None or False."""
    deadline = time.monotonic() + patience
    while True:
        answer = question()
        if answer is not None and answer is not False:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience} s: {what}")
        time.sleep(0.03)
