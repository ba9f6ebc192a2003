"""Drills and screens: what each asks for and says, as data, and how it is judged from reps and angles; pure."""
