"""A client of ECS Exec made from the protocol's description alone, without any of wharf's code."""
