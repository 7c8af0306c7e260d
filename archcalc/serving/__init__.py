"""The costs of writing with a network token by token: the cache, and the passes that fill it and read it."""
