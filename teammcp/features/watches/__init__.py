"""Watches: who is told once, or each time, that another member is idle, done, or reachable, instead of asking often.

An occasion is a change of what presence knows of a member, or a task of it that becomes done. What has to come before
(it was at work, it was out of reach) is kept with the row, so a restart of the server loses no occasion.
"""
