"""Where the straps of a gym send what they have: the coach's side."""
