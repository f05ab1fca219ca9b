"""Questions that wait for somebody's word: who is asked, what was said, and what comes of it."""
