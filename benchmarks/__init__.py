"""What linting costs, measured against parsing and against flake8."""
