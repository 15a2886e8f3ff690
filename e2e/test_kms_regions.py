"""Keys of several regions and imported private keys, through boto3 and the AWS CLI; what they make is checked by other
libraries."""

import hashlib
import hmac as own_hmac
import json
import os

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_public_key

from harness import disk
from harness.installation import Installation
from harness.refusals import refused
from harness.waiting import wait_for

HERE, THERE = "us-east-1", "eu-west-1"


def arn(key, region):
    return f"arn:aws:kms:{region}:000000000000:key/{key}"


def test_one_key_in_two_regions(wharf):
    here, there = wharf.client("kms", region=HERE), wharf.client("kms", region=THERE)
    key = here.create_key(MultiRegion=True, Description="of the primary")["KeyMetadata"]["KeyId"]
    assert key.startswith("mrk-")
    sealed = here.encrypt(KeyId=key, Plaintext=b"plain", EncryptionContext={"app": "web"})["CiphertextBlob"]
    made = wharf.aws("kms", "replicate-key", "--key-id", key, "--replica-region", THERE, "--tags", "TagKey=team,TagValue=two")
    shown = made["ReplicaKeyMetadata"]
    assert (shown["Arn"], shown["Description"], shown["MultiRegion"]) == (arn(key, THERE), "", True)
    assert made["ReplicaTags"] == [{"TagKey": "team", "TagValue": "two"}]
    assert there.decrypt(CiphertextBlob=sealed, EncryptionContext={"app": "web"})["Plaintext"] == b"plain"
    configuration = there.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]
    assert configuration == {
        "MultiRegionKeyType": "REPLICA",
        "PrimaryKey": {"Arn": arn(key, HERE), "Region": HERE},
        "ReplicaKeys": [{"Arn": arn(key, THERE), "Region": THERE}],
    }
    # Aliases and states are a region's own.
    there.create_alias(AliasName="alias/of-the-replica-alone", TargetKeyId=key)
    assert refused(here.describe_key, KeyId="alias/of-the-replica-alone")[0] == "NotFoundException"
    assert refused(there.rotate_key_on_demand, KeyId=key) == (
        "UnsupportedOperationException",
        f"{arn(key, THERE)} is not a multi-Region primary key.",
    )
    here.rotate_key_on_demand(KeyId=key)
    after = there.encrypt(KeyId=key, Plaintext=b"later")["CiphertextBlob"]
    assert here.decrypt(CiphertextBlob=after)["Plaintext"] == b"later"
    assert len(there.list_key_rotations(KeyId=key)["Rotations"]) == 1
    here.update_primary_region(KeyId=key, PrimaryRegion=THERE)
    there.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    assert here.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 90
    # The primary waits for its replicas.
    asked = there.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert asked["KeyState"] == "PendingReplicaDeletion" and "DeletionDate" not in asked
    assert refused(there.encrypt, KeyId=key, Plaintext=b"x")[0] == "KMSInvalidStateException"
    assert here.decrypt(CiphertextBlob=after)["Plaintext"] == b"later"
    there.cancel_key_deletion(KeyId=key)
    assert there.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


def test_bad_requests(wharf):
    kms = wharf.client("kms", region=HERE)
    one = kms.create_key()["KeyMetadata"]["KeyId"]
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    for given, region, code in (
        (one, THERE, "UnsupportedOperationException"),
        (key, HERE, "AlreadyExistsException"),
        (key, "cn-north-1", "ValidationException"),
        (key, "nowhere", "ValidationException"),
        ("alias/none", THERE, "NotFoundException"),
        ("mrk-1234", THERE, "NotFoundException"),
        (arn(key, THERE), "eu-west-2", "NotFoundException"),
    ):
        assert refused(kms.replicate_key, KeyId=given, ReplicaRegion=region)[0] == code, (given, region)
    assert refused(kms.update_primary_region, KeyId=key, PrimaryRegion=THERE)[0] == "NotFoundException"


def test_regions_agree_after_a_kill():
    with Installation() as wharf:
        wharf.start(node=False)
        here, there = wharf.client("kms", region=HERE), wharf.client("kms", region=THERE)
        key = here.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
        regions = ["eu-west-1", "eu-west-2", "eu-west-3", "ap-south-1"]
        blobs = []
        for region in regions:
            here.replicate_key(KeyId=key, ReplicaRegion=region)
            here.rotate_key_on_demand(KeyId=key)
            blobs.append(here.encrypt(KeyId=key, Plaintext=region.encode())["CiphertextBlob"])
            wharf.kill_child("server")
            wharf.wait_ready()
            here = wharf.client("kms", region=HERE)
        for region in [HERE, *regions]:
            kms = wharf.client("kms", region=region)
            shown = kms.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]
            assert [it["Region"] for it in shown["ReplicaKeys"]] == sorted(regions)
            for blob, plain in zip(blobs, regions, strict=True):
                assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == plain.encode()
        here.update_primary_region(KeyId=key, PrimaryRegion=THERE)
        wharf.kill_child("server")
        wharf.wait_ready()
        there = wharf.client("kms", region=THERE)
        configuration = there.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]
        assert configuration["MultiRegionKeyType"] == "PRIMARY"


class Importer:
    """Brings material into a key."""

    def __init__(self, kms, **key):
        self.kms = kms
        self.key = kms.create_key(Origin="EXTERNAL", **key)["KeyMetadata"]["KeyId"]

    def bring(self, material, algorithm="RSA_AES_KEY_WRAP_SHA_256", by="RSA_2048", **more):
        asked = self.kms.get_parameters_for_import(KeyId=self.key, WrappingAlgorithm=algorithm, WrappingKeySpec=by)
        public = load_der_public_key(asked["PublicKey"])
        digest = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()
        oaep = padding.OAEP(padding.MGF1(digest), digest, None)
        if "AES_KEY_WRAP" in algorithm:
            kek = os.urandom(32)
            wrapped = public.encrypt(kek, oaep) + aes_key_wrap_with_padding(kek, material)
        else:
            wrapped = public.encrypt(material, oaep)
        return self.kms.import_key_material(
            KeyId=self.key,
            ImportToken=asked["ImportToken"],
            EncryptedKeyMaterial=wrapped,
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
            **more,
        )


def der(private):
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("algorithm", ["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"])
def test_private_keys_that_others_made_sign_and_decrypt(wharf, algorithm):
    kms, message = wharf.client("kms"), b"a message"
    for spec, private, signing, check in (
        ("ECC_NIST_P256", ec.generate_private_key(ec.SECP256R1()), "ECDSA_SHA_256", [ec.ECDSA(hashes.SHA256())]),
        ("ECC_NIST_P521", ec.generate_private_key(ec.SECP521R1()), "ECDSA_SHA_512", [ec.ECDSA(hashes.SHA512())]),
        ("ECC_SECG_P256K1", ec.generate_private_key(ec.SECP256K1()), "ECDSA_SHA_256", [ec.ECDSA(hashes.SHA256())]),
        ("ECC_NIST_EDWARDS25519", ed25519.Ed25519PrivateKey.generate(), "ED25519_SHA_512", []),
        ("RSA_3072", rsa.generate_private_key(65537, 3072), "RSASSA_PKCS1_V1_5_SHA_256", [padding.PKCS1v15(), hashes.SHA256()]),
    ):
        importer = Importer(kms, KeySpec=spec, KeyUsage="SIGN_VERIFY")
        assert refused(kms.get_public_key, KeyId=importer.key)[0] == "KMSInvalidStateException"
        importer.bring(der(private), algorithm)
        signature = kms.sign(KeyId=importer.key, Message=message, SigningAlgorithm=signing)["Signature"]
        private.public_key().verify(signature, message, *check)
    private = rsa.generate_private_key(65537, 2048)
    importer = Importer(kms, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    importer.bring(der(private), algorithm, "RSA_4096")
    sealed = private.public_key().encrypt(b"plain", padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    opened = kms.decrypt(KeyId=importer.key, CiphertextBlob=sealed, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
    assert opened["Plaintext"] == b"plain"


def test_an_imported_key_signs_digests_as_others_do(wharf):
    """The key of RFC 8032, 7.3, and the signature that a program written from that RFC makes of the same bytes."""
    kms = wharf.client("kms")
    seed = bytes.fromhex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42")
    importer = Importer(kms, KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")
    importer.bring(der(ed25519.Ed25519PrivateKey.from_private_bytes(seed)), "RSAES_OAEP_SHA_256")
    signed = {"KeyId": importer.key, "MessageType": "DIGEST", "SigningAlgorithm": "ED25519_PH_SHA_512"}
    signed["Message"] = hashlib.sha512(b"a message").digest()
    expected = bytes.fromhex(
        "24cb6ad073c3576af43654fde5301342615a4d4230a53482c7299bef9bf1c8fa5b19ddf30d6af0d4b3ef1b0414f6500cabcbbbb585ff6b98bee0278287c04507"
    )
    assert kms.sign(**signed)["Signature"] == expected
    assert kms.verify(Signature=expected, **signed)["SignatureValid"]
    assert refused(kms.sign, **signed | {"MessageType": "RAW"})[0] == "ValidationException"


def test_an_imported_code_is_that_of_its_key(wharf):
    kms, material = wharf.client("kms"), os.urandom(48)
    importer = Importer(kms, KeySpec="HMAC_384", KeyUsage="GENERATE_VERIFY_MAC")
    importer.bring(material, "RSAES_OAEP_SHA_256")
    mac = kms.generate_mac(KeyId=importer.key, Message=b"m", MacAlgorithm="HMAC_SHA_384")["Mac"]
    assert mac == own_hmac.digest(material, b"m", hashlib.sha384)
    kms.delete_imported_key_material(KeyId=importer.key)
    with pytest.raises(ClientError, match="IncorrectKeyMaterialException"):
        importer.bring(os.urandom(48), "RSAES_OAEP_SHA_256")
    importer.bring(material, "RSAES_OAEP_SHA_256")
    assert kms.generate_mac(KeyId=importer.key, Message=b"m", MacAlgorithm="HMAC_SHA_384")["Mac"] == mac


def test_a_key_is_rotated_to_material_that_is_imported(wharf):
    kms = wharf.client("kms")
    importer, materials = Importer(kms), [os.urandom(32), os.urandom(32)]
    first = importer.bring(materials[0], "RSAES_OAEP_SHA_256", KeyMaterialDescription="the first")["KeyMaterialId"]
    blobs = [kms.encrypt(KeyId=importer.key, Plaintext=b"plain")["CiphertextBlob"]]
    second = importer.bring(materials[1], "RSAES_OAEP_SHA_256", ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
    with pytest.raises(ClientError, match="KMSInvalidStateException"):
        importer.bring(os.urandom(32), "RSAES_OAEP_SHA_256", ImportType="NEW_KEY_MATERIAL")
    wharf.aws("kms", "rotate-key-on-demand", "--key-id", importer.key)
    blobs.append(kms.encrypt(KeyId=importer.key, Plaintext=b"plain")["CiphertextBlob"])
    listed = kms.list_key_rotations(KeyId=importer.key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert [(it["KeyMaterialId"], it["KeyMaterialState"], it["ImportState"]) for it in listed] == [
        (first, "NON_CURRENT", "IMPORTED"),
        (second, "CURRENT", "IMPORTED"),
    ]
    assert (listed[0]["KeyMaterialDescription"], listed[1]["RotationType"]) == ("the first", "ON_DEMAND")
    assert [kms.decrypt(CiphertextBlob=it)["KeyMaterialId"] for it in blobs] == [first, second]
    kms.delete_imported_key_material(KeyId=importer.key, KeyMaterialId=first)
    assert kms.describe_key(KeyId=importer.key)["KeyMetadata"]["KeyState"] == "PendingImport"
    assert refused(kms.decrypt, CiphertextBlob=blobs[1])[0] == "KMSInvalidStateException"
    assert importer.bring(materials[0], "RSAES_OAEP_SHA_256", KeyMaterialId=first)["KeyMaterialId"] == first
    assert kms.decrypt(CiphertextBlob=blobs[0])["Plaintext"] == b"plain"


def test_what_does_not_fit_is_not_imported(wharf):
    kms = wharf.client("kms")
    p256, p384 = der(ec.generate_private_key(ec.SECP256R1())), der(ec.generate_private_key(ec.SECP384R1()))
    small = der(rsa.generate_private_key(65537, 2048))
    for spec, usage, material, algorithm in (
        ("ECC_NIST_P256", "SIGN_VERIFY", p384, "RSAES_OAEP_SHA_256"),
        ("ECC_NIST_P256", "SIGN_VERIFY", p256[:-1], "RSAES_OAEP_SHA_256"),
        ("ECC_NIST_P256", "SIGN_VERIFY", b"no key", "RSA_AES_KEY_WRAP_SHA_256"),
        ("RSA_4096", "ENCRYPT_DECRYPT", small, "RSA_AES_KEY_WRAP_SHA_256"),
        ("RSA_2048", "SIGN_VERIFY", p256, "RSA_AES_KEY_WRAP_SHA_256"),
        ("HMAC_256", "GENERATE_VERIFY_MAC", bytes(31), "RSAES_OAEP_SHA_1"),
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", bytes(16), "RSAES_OAEP_SHA_1"),
    ):
        importer = Importer(kms, KeySpec=spec, KeyUsage=usage)
        with pytest.raises(ClientError, match="IncorrectKeyMaterialException"):
            importer.bring(material, algorithm, "RSA_4096")
        assert kms.describe_key(KeyId=importer.key)["KeyMetadata"]["KeyState"] == "PendingImport"
    for spec, usage, algorithm, by in (
        ("RSA_2048", "SIGN_VERIFY", "RSAES_OAEP_SHA_256", "RSA_4096"),
        ("ECC_NIST_P521", "SIGN_VERIFY", "RSAES_OAEP_SHA_1", "RSA_2048"),
        ("HMAC_256", "GENERATE_VERIFY_MAC", "RSA_AES_KEY_WRAP_SHA_256", "RSA_2048"),
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "RSAES_PKCS1_V1_5", "RSA_2048"),
    ):
        importer = Importer(kms, KeySpec=spec, KeyUsage=usage)
        asked = {"KeyId": importer.key, "WrappingAlgorithm": algorithm, "WrappingKeySpec": by}
        assert refused(kms.get_parameters_for_import, **asked)[0] == "UnsupportedOperationException", asked


def test_events_and_inputs_lie_under_their_keys():
    """A bus and a schedule under a key: their secrets are on no disk, reach their queue, and stay while the key is shut."""
    with Installation() as wharf:
        wharf.start(node=False)
        kms, events, sqs, iam = (wharf.client(it) for it in ("kms", "events", "sqs", "iam"))
        bus, secrets = "arn:aws:events:us-east-1:000000000000:event-bus/sealed", [os.urandom(20).hex() for _ in range(4)]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "kms:*", "Resource": "*"},
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": ["kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey"],
                    "Resource": "*",
                    "Condition": {"StringEquals": {"kms:EncryptionContext:aws:events:event-bus:arn": bus}},
                },
            ],
        }
        key = kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
        events.create_event_bus(Name="sealed", KmsKeyIdentifier=key)
        assert wharf.aws("events", "describe-event-bus", "--name", "sealed")["KmsKeyIdentifier"] == key
        queue = sqs.create_queue(QueueName="q", Attributes={"SqsManagedSseEnabled": "true"})["QueueUrl"]
        queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": ["scheduler.amazonaws.com", "events.amazonaws.com"]},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sqs:SendMessage", "kms:*"], "Resource": "*"}]}
        iam.put_role_policy(RoleName="r", PolicyName="all", PolicyDocument=json.dumps(allowed))
        events.put_rule(Name="all", EventBusName="sealed", EventPattern=json.dumps({"source": ["shop"]}))
        events.put_targets(Rule="all", EventBusName="sealed", Targets=[{"Id": "q", "Arn": queue_arn, "RoleArn": role}])
        events.create_archive(ArchiveName="kept", EventSourceArn=bus, KmsKeyIdentifier=key)

        def put(secret):
            entry = {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"a": secret}), "EventBusName": "sealed"}
            return events.put_events(Entries=[entry])

        got = []

        def received(secret):
            for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
                got.append(message["Body"])
            return any(secret in it for it in got)

        assert put(secrets[0])["FailedEntryCount"] == 0
        wait_for(lambda: received(secrets[0]), 30, "the event")
        scheduler = wharf.client("scheduler")
        for name, secret, when in (("soon", secrets[1], "rate(1 minute)"), ("never", secrets[2], "at(2099-01-01T00:00:00)")):
            scheduler.create_schedule(
                Name=name,
                ScheduleExpression=when,
                FlexibleTimeWindow={"Mode": "OFF"},
                KmsKeyArn=key,
                Target={"Arn": queue_arn, "RoleArn": role, "Input": secret},
            )
            assert scheduler.get_schedule(Name=name)["Target"]["Input"] == secret
        wait_for(lambda: received(secrets[1]), 30, "the input")
        kms.disable_key(KeyId=key)
        code, text = refused(scheduler.get_schedule, Name="never")
        assert (code, text) == ("ValidationException", f"{key} is disabled.")
        wait_for(lambda: put(secrets[3])["FailedEntryCount"] == 1, 30, "the key to be shut for the bus")
        # With a queue for such events, the bus takes them: the queue's policy lets it send.
        letters = sqs.create_queue(QueueName="letters", Attributes={"SqsManagedSseEnabled": "true"})["QueueUrl"]
        letters_arn = sqs.get_queue_attributes(QueueUrl=letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        wharf.aws("events", "update-event-bus", "--name", "sealed", "--dead-letter-config", f"Arn={letters_arn}")
        assert put("no policy lets it")["FailedEntryCount"] == 1
        allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}
        allow["Condition"] = {"ArnEquals": {"aws:SourceArn": bus}}
        allow = {"Version": "2012-10-17", "Statement": [allow]}
        sqs.set_queue_attributes(QueueUrl=letters, Attributes={"Policy": json.dumps(allow)})
        taken = put("a letter")
        assert taken["FailedEntryCount"] == 0
        letter = sqs.receive_message(QueueUrl=letters, WaitTimeSeconds=5, MessageAttributeNames=["All"])["Messages"][0]
        assert json.loads(letter["Body"])["id"] == taken["Entries"][0]["EventId"]
        assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "DisabledException"
        assert not disk.files_with(wharf.data, *(it.encode() for it in secrets[:3]))
        wharf.kill_child("server")
        wharf.wait_ready()
        wharf.client("kms").enable_key(KeyId=key)
        assert wharf.client("scheduler").get_schedule(Name="never")["Target"]["Input"] == secrets[2]
        assert not any(it in wharf.output.text for it in secrets)
