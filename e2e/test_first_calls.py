"""The first calls of aws-cdk and pulumi: answered, refused as they forgive it, or refused in words that they print."""

import dataclasses

import pytest

from first_calls import cdk, pulumi
from harness import tasks
from harness.installation import Keys
from terraform.form import Walk

# The provider asks no further once it was told.
KNOWN_AFTER = {pulumi.VALIDATED.name: 1, pulumi.UNVALIDATED.name: 2}
SEQUENCES = [("cdk", one) for one in cdk.ALL] + [("pulumi", one) for one in pulumi.ALL]


@pytest.mark.parametrize(("tool", "sequence"), SEQUENCES, ids=lambda one: one if isinstance(one, str) else one.name)
def test_first_calls(wharf, tool, sequence):
    walk = Walk(wharf.client)
    walk.create(sequence)
    walk.delete(sequence)
    assert not walk.complaints, "\n".join(walk.complaints)


@pytest.mark.parametrize("sequence", [pulumi.VALIDATED, pulumi.UNVALIDATED], ids=lambda one: one.name)
def test_a_user_without_policies_finds_out_who_it_is(wharf, sequence):
    """AccessDenied of GetUser is passed over; GetCallerIdentity is open to all who have valid keys."""
    iam, name = wharf.client("iam"), tasks.unique("first")
    iam.create_user(UserName=name)
    keys = Keys.of_user(iam.create_access_key(UserName=name)["AccessKey"])
    walk = Walk(lambda service: wharf.client(service, keys=keys))
    walk.create(dataclasses.replace(sequence, create=sequence.create[: KNOWN_AFTER[sequence.name]]))
    assert not walk.complaints, "\n".join(walk.complaints)
