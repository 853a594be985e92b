"""The rows of the model registry: models, their versions, aliases and prompts."""
