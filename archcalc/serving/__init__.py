"""What it takes to write with a network token by token: the cache, and the passes that fill it and read it."""
