"""What to edit so that a finding is gone. libcst is imported only once there is a finding that may have a fix."""
