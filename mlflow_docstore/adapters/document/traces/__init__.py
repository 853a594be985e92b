"""What the areas of traces stand on: stored traces, how they grow, and how they are searched."""
