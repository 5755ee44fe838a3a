"""xrouter's candidates as tools of verl, and the agent loop that knows when a router has answered."""
