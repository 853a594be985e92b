"""Large texts: moved out of documents into parts of their own, and put back for readers."""
