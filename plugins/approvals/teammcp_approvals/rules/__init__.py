"""The rules by which calls wait for approval."""
