"""What is known of Keras: its names, its releases, and how they treat frozen layers."""
