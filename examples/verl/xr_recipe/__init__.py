"""xrouter's tools, agent loop and reward for verl."""
