"""Who may look, and at what: users and their sessions, and the door that all of the dashboard is behind."""
