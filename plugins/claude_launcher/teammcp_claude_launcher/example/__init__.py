"""An agent without a model: a script that speaks the Agent Client Protocol, to try out a team without any account.

It answers what it knows, passes questions on to others, and shows on demand all that a program can do: a plan, a change
of a file, a permission question, work that can be interrupted, a crash. It needs nothing but the standard library:
``python -m teammcp_claude_launcher.example``.
"""
