"""KMS through boto3, the AWS CLI and the encryption SDK: what keys make is checked by other libraries."""

import base64
import hashlib
import sys

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key, load_der_public_key

from harness import disk, tasks, tools
from harness.installation import Installation
from harness.refusals import refused

# A program that knows nothing of wharf: where KMS is, it has from its environment.
SDK = """
import sys
import aws_encryption_sdk as sdk

key = sys.argv[1]
client, provider = sdk.EncryptionSDKClient(), sdk.StrictAwsKmsMasterKeyProvider(key_ids=[key])
text = b"text of many frames " * 1000
sealed, _ = client.encrypt(source=text, key_provider=provider, encryption_context={"app": "web"})
discovering = sdk.DiscoveryAwsKmsMasterKeyProvider()
opened, header = client.decrypt(source=sealed, key_provider=discovering)
assert opened == text and header.encryption_context["app"] == "web"
print("opened", len(sealed) > len(text))
"""


def made(kms, **parameters):
    return kms.create_key(**parameters)["KeyMetadata"]["Arn"]


def test_what_is_encrypted_is_decrypted_for_its_context(wharf):
    kms = wharf.client("kms")
    key, alias = made(kms, Description="of the tests"), "alias/" + tasks.unique("app")
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    blob = kms.encrypt(KeyId=alias, Plaintext=b"plain", EncryptionContext={"app": "web"})["CiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext={"app": "web"})
    assert (opened["Plaintext"], opened["KeyId"]) == (b"plain", key)
    assert refused(kms.decrypt, CiphertextBlob=blob)[0] == "InvalidCiphertextException"
    shown = wharf.aws("kms", "describe-key", "--key-id", alias)["KeyMetadata"]
    assert (shown["Arn"], shown["KeyState"], shown["Description"]) == (key, "Enabled", "of the tests")
    kms.rotate_key_on_demand(KeyId=key)
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext={"app": "web"})["Plaintext"] == b"plain"
    assert [it["RotationType"] for it in kms.list_key_rotations(KeyId=key)["Rotations"]] == ["ON_DEMAND"]
    kms.disable_key(KeyId=key)
    assert refused(kms.decrypt, CiphertextBlob=blob, EncryptionContext={"app": "web"}) == ("DisabledException", f"{key} is disabled.")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    state = refused(kms.encrypt, KeyId=key, Plaintext=b"x")
    assert state == ("KMSInvalidStateException", f"{key} is pending deletion.")


def test_signatures_hold_elsewhere(wharf):
    kms, message = wharf.client("kms"), b"a message that is signed"
    for spec, algorithm, digest in (
        ("ECC_NIST_P256", "ECDSA_SHA_256", hashes.SHA256()),
        ("ECC_NIST_P384", "ECDSA_SHA_384", hashes.SHA384()),
        ("ECC_NIST_P521", "ECDSA_SHA_512", hashes.SHA512()),
        ("ECC_SECG_P256K1", "ECDSA_SHA_256", hashes.SHA256()),
    ):
        key = made(kms, KeySpec=spec, KeyUsage="SIGN_VERIFY")
        public = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
        signature = kms.sign(KeyId=key, Message=message, SigningAlgorithm=algorithm)["Signature"]
        public.verify(signature, message, ec.ECDSA(digest))
        hashed = hashlib.new(digest.name, message).digest()
        signature = kms.sign(KeyId=key, Message=hashed, MessageType="DIGEST", SigningAlgorithm=algorithm)["Signature"]
        public.verify(signature, message, ec.ECDSA(digest))
        assert kms.verify(KeyId=key, Message=message, Signature=signature, SigningAlgorithm=algorithm)["SignatureValid"]
    key = made(kms, KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")
    public = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    assert isinstance(public, ed25519.Ed25519PublicKey)
    signature = kms.sign(KeyId=key, Message=message, SigningAlgorithm="ED25519_SHA_512")["Signature"]
    public.verify(signature, message)
    assert kms.verify(KeyId=key, Message=message, Signature=signature, SigningAlgorithm="ED25519_SHA_512")["SignatureValid"]
    key = made(kms, KeySpec="RSA_3072", KeyUsage="SIGN_VERIFY")
    public = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    assert public.key_size == 3072
    for digest in (hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
        bits = digest.digest_size * 8
        signature = kms.sign(KeyId=key, Message=message, SigningAlgorithm=f"RSASSA_PKCS1_V1_5_SHA_{bits}")["Signature"]
        public.verify(signature, message, padding.PKCS1v15(), digest)
        signature = kms.sign(KeyId=key, Message=message, SigningAlgorithm=f"RSASSA_PSS_SHA_{bits}")["Signature"]
        public.verify(signature, message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    wrong = refused(kms.verify, KeyId=key, Message=b"other", Signature=signature, SigningAlgorithm="RSASSA_PSS_SHA_512")
    assert wrong[0] == "KMSInvalidSignatureException"


def test_data_keys_pairs_and_codes_hold_elsewhere(wharf):
    kms = wharf.client("kms")
    key = made(kms)
    pair = kms.generate_data_key_pair(KeyId=key, KeyPairSpec="ECC_NIST_P384")
    private = load_der_private_key(pair["PrivateKeyPlaintext"], None)
    public = load_der_public_key(pair["PublicKey"])
    other = ec.generate_private_key(ec.SECP384R1())
    assert private.exchange(ec.ECDH(), other.public_key()) == other.exchange(ec.ECDH(), public)
    assert kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"] == pair["PrivateKeyPlaintext"]

    rsa = made(kms, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    public = load_der_public_key(kms.get_public_key(KeyId=rsa)["PublicKey"])
    for name, digest in (("RSAES_OAEP_SHA_1", hashes.SHA1()), ("RSAES_OAEP_SHA_256", hashes.SHA256())):
        sealed = public.encrypt(b"from elsewhere", padding.OAEP(padding.MGF1(digest), digest, None))
        assert kms.decrypt(KeyId=rsa, CiphertextBlob=sealed, EncryptionAlgorithm=name)["Plaintext"] == b"from elsewhere"

    code = made(kms, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    mac = kms.generate_mac(KeyId=code, Message=b"m", MacAlgorithm="HMAC_SHA_256")["Mac"]
    # Nobody else has the key; the length says that it is whole.
    assert len(mac) == hmac.HMAC(bytes(32), hashes.SHA256()).algorithm.digest_size
    assert kms.verify_mac(KeyId=code, Message=b"m", Mac=mac, MacAlgorithm="HMAC_SHA_256")["MacValid"]
    plain = wharf.aws("kms", "generate-random", "--number-of-bytes", "16")["Plaintext"]
    assert len(base64.b64decode(plain)) == 16


def test_a_secret_is_shared_with_who_has_another_key(wharf):
    kms = wharf.client("kms")
    for spec, curve in (("ECC_NIST_P256", ec.SECP256R1()), ("ECC_NIST_P384", ec.SECP384R1()), ("ECC_NIST_P521", ec.SECP521R1())):
        key = made(kms, KeySpec=spec, KeyUsage="KEY_AGREEMENT")
        shown = kms.get_public_key(KeyId=key)
        assert (shown["KeyUsage"], shown["KeyAgreementAlgorithms"]) == ("KEY_AGREEMENT", ["ECDH"])
        theirs = ec.generate_private_key(curve)
        public = theirs.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        asked = {"KeyId": key, "KeyAgreementAlgorithm": "ECDH", "PublicKey": public}
        assert kms.derive_shared_secret(**asked)["SharedSecret"] == theirs.exchange(ec.ECDH(), load_der_public_key(shown["PublicKey"]))
        other = ec.generate_private_key(ec.SECP256K1()).public_key()
        other = other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert refused(kms.derive_shared_secret, **asked | {"PublicKey": other})[0] == "ValidationException"
        wrong = refused(kms.sign, KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
        assert wrong[0] == "InvalidKeyUsageException"
    signer = made(kms, KeySpec="ECC_NIST_P521", KeyUsage="SIGN_VERIFY")
    assert refused(kms.derive_shared_secret, **asked | {"KeyId": signer})[0] == "InvalidKeyUsageException"


def test_material_is_imported_deleted_and_imported_again(wharf):
    kms, material = wharf.client("kms"), bytes(range(32))
    made_of = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]
    key = made_of["Arn"]
    assert (made_of["Origin"], made_of["KeyState"]) == ("EXTERNAL", "PendingImport")
    assert refused(kms.encrypt, KeyId=key, Plaintext=b"x")[0] == "KMSInvalidStateException"

    def bring(material, algorithm="RSAES_OAEP_SHA_256", digest=hashes.SHA256):
        asked = kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec="RSA_3072")
        public = load_der_public_key(asked["PublicKey"])
        wrapped = public.encrypt(material, padding.OAEP(padding.MGF1(digest()), digest(), None))
        return {
            "KeyId": key, "ImportToken": asked["ImportToken"], "EncryptedKeyMaterial": wrapped,
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
        }  # fmt: skip

    kms.import_key_material(**bring(material))
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    sealed = kms.encrypt(KeyId=key, Plaintext=b"a text")["CiphertextBlob"]
    assert refused(kms.import_key_material, **bring(bytes(32)))[0] == "IncorrectKeyMaterialException"
    wharf.aws("kms", "delete-imported-key-material", "--key-id", key)
    assert refused(kms.decrypt, CiphertextBlob=sealed)[0] == "KMSInvalidStateException"
    kms.import_key_material(**bring(material, "RSAES_OAEP_SHA_1", hashes.SHA1))
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"a text"
    aes = {"KeyId": key, "WrappingAlgorithm": "RSA_AES_KEY_WRAP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    assert refused(kms.get_parameters_for_import, **aes)[0] == "UnsupportedOperationException"


def test_the_policy_of_a_key_decides(wharf):
    kms = wharf.client("kms")
    name, keys = tasks.user(wharf)
    arn = wharf.client("iam").get_user(UserName=name)["User"]["Arn"]
    theirs = wharf.client("kms", keys=keys)
    key = made(kms)
    denied = refused(theirs.encrypt, KeyId=key, Plaintext=b"x")
    assert denied[0] == "AccessDeniedException" and "no identity-based policy allows the kms:Encrypt action" in denied[1]
    grant = kms.create_grant(
        KeyId=key, GranteePrincipal=arn, Operations=["Encrypt"], Constraints={"EncryptionContextSubset": {"app": "web"}}
    )
    theirs.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"app": "web"})
    assert refused(theirs.encrypt, KeyId=key, Plaintext=b"x")[0] == "AccessDeniedException"
    kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
    assert refused(theirs.encrypt, KeyId=key, Plaintext=b"x", EncryptionContext={"app": "web"})[0] == "AccessDeniedException"


def test_a_secret_is_shut_by_its_key(wharf):
    kms, secrets = wharf.client("kms"), wharf.client("secretsmanager")
    key, name = made(kms), tasks.unique("under-a-key")
    arn = secrets.create_secret(Name=name, SecretString="hidden", KmsKeyId=key)["ARN"]
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "hidden"
    kms.disable_key(KeyId=key)
    assert refused(secrets.get_secret_value, SecretId=arn)[0] == "DecryptionFailure"
    kms.enable_key(KeyId=key)
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "hidden"


def test_the_encryption_sdk_works_unchanged(wharf):
    key = made(wharf.client("kms"))
    done = tools.run(sys.executable, "-c", SDK, key, env=wharf.environment())
    assert done.stdout == "opened True\n"


def test_keys_outlive_a_kill_lie_sealed_and_are_sealed_anew():
    with Installation() as wharf:
        wharf.start(node=False)
        kms = wharf.client("kms")
        key = made(kms)
        blob = kms.encrypt(KeyId=key, Plaintext=b"plain")["CiphertextBlob"]
        signing = made(kms, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        wharf.kill_child("server")
        wharf.wait_ready()
        assert wharf.client("kms").decrypt(CiphertextBlob=blob)["Plaintext"] == b"plain"
        wharf.run("keys", "rotate", "keyring")
        assert wharf.client("kms").decrypt(CiphertextBlob=blob)["Plaintext"] == b"plain"
        signed = wharf.client("kms").sign(KeyId=signing, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
        assert signed["Signature"]
        # How a private key on P-256 begins, open and in base 64.
        begin = bytes.fromhex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420")
        assert not disk.files_with(wharf.data, begin, base64.b64encode(begin))
