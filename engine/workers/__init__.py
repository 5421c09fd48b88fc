"""What runs beside the doors: one loop per file, each with `run_once()`."""
