"""The REST API: ksqlDB's routes and wire shapes over one engine."""
