"""What Terraform's AWS provider asks of an API, written down as sequences of calls.

Terraform itself cannot be part of a test: its provider is a download of its own. What it sends is known all the same, from its
documentation and source: which operations a resource calls to be created, read, changed and deleted, in which order, with
which parameters and filters, and which errors it takes for "not there" instead of failing. `form` says how that is written,
the other modules hold the resources, and `stack` lists them in the order a plan would have.
"""
