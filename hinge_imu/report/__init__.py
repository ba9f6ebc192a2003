"""A session as a page to look at: what is on it, its pictures, and the one file that holds both."""
