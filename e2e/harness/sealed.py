"""Files of a node that are sealed, opened with its keyring as `crates/seal` describes them."""

import base64
import ctypes
import ctypes.util
import json
import pathlib

MAGIC = b"wharf-sealed/1\n"
_SET_TAG, _TAG_BYTES = 0x11, 16


def is_sealed(path):
    return pathlib.Path(path).read_bytes().startswith(MAGIC)


def key(path):
    """The id of the key that a file is sealed under."""
    content = pathlib.Path(path).read_bytes()
    assert content.startswith(MAGIC)
    return content[len(MAGIC) :][1:9].hex()


def opened(path, keyring, purpose):
    """What a sealed file holds; the file itself if it is not sealed."""
    content = pathlib.Path(path).read_bytes()
    if not content.startswith(MAGIC):
        return content
    sealed = content[len(MAGIC) :]
    assert sealed[0] == 1
    name, nonce, wrapped, body = sealed[1:9], sealed[9:21], sealed[21:69], sealed[69:]
    keys = {key["id"]: base64.b64decode(key["key"]) for key in json.loads(pathlib.Path(keyring).read_text())["keys"]}
    bound = b"wharf/seal/1 file  " + name + purpose.encode()
    return _open(_open(keys[name.hex()], nonce, bound, wrapped), bytes(12), bound, body)


def _open(key, nonce, bound, sealed):
    """AES-256-GCM of the OpenSSL that Python itself uses."""
    crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
    crypto.EVP_CIPHER_CTX_new.restype = crypto.EVP_aes_256_gcm.restype = ctypes.c_void_p
    context = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
    body, tag = sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:]
    plain, length = ctypes.create_string_buffer(len(body) + 1), ctypes.c_int()
    try:
        cipher = ctypes.c_void_p(crypto.EVP_aes_256_gcm())
        assert crypto.EVP_DecryptInit_ex(context, cipher, None, key, nonce) == 1
        assert crypto.EVP_DecryptUpdate(context, None, ctypes.byref(length), bound, len(bound)) == 1
        assert crypto.EVP_DecryptUpdate(context, plain, ctypes.byref(length), body, len(body)) == 1
        assert crypto.EVP_CIPHER_CTX_ctrl(context, _SET_TAG, _TAG_BYTES, tag) == 1
        assert crypto.EVP_DecryptFinal_ex(context, None, ctypes.byref(length)) == 1, "it does not open"
    finally:
        crypto.EVP_CIPHER_CTX_free(context)
    return plain.raw[: len(body)]
