"""The calls of Terraform's AWS provider, resource by resource: made, read twice, changed, read twice, deleted."""

import pytest

from terraform import stack
from terraform.form import Walk


@pytest.fixture(scope="module")
def walked(wharf, web):
    """The whole stack, applied, changed and destroyed; what is not right about it by resource."""
    walk = Walk(wharf.client, {"image": web})
    for resource in [*stack.LOOKED_UP, *stack.RESOURCES]:
        walk.create(resource)
    for resource in stack.RESOURCES:
        walk.update(resource)
    for resource in reversed(stack.RESOURCES):
        walk.delete(resource)
    return walk


@pytest.mark.parametrize("resource", [*stack.LOOKED_UP, *stack.RESOURCES], ids=lambda resource: resource.name)
def test_resource(walked, resource):
    said = [complaint for complaint in walked.complaints if complaint.startswith(f"{resource.name}, ")]
    assert not said, "\n".join(said)
