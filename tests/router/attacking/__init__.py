"""Mail that tries to steer the program that reads it: hand-made, by idea."""
