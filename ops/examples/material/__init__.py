"""What the example requests are made of: each module yields the request bodies of one kind of work."""
