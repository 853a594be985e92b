"""What a command uses: operators by the role they have, forms, options, sorts and sizes."""
