"""Changes that wait for somebody's consent: state fields, operations by rule, permission prompts of agents."""
