"""Example cases of a journey: a world in memory that runs them through `decide`, and what they must show."""
