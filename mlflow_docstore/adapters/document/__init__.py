"""Every port, implemented once for any document database, over one narrow driver."""
