"""What a backend offers, one protocol an area. Entities and queries in, entities and pages out."""
