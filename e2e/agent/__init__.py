"""A container agent made from the protocol's description alone, without any of wharf's code.

It pretends to run containers: tests decide when they start and how they end. A server that serves it serves
every agent that keeps to the protocol.
"""
