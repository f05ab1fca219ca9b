"""What a team knows: findings, memory, knowledge gaps and a briefing for newcomers."""
