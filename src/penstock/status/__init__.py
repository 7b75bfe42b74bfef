"""What is shown to people and written back to objects."""
