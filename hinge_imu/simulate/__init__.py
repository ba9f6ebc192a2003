"""A lifter, the sensors on the lifter's back, and the bus they hang on, none of which is there."""
