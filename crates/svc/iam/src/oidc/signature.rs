//! Public keys as providers publish them (RFC 7517), and signatures under them (RFC 7518). Pure.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::Value;

/// What providers may sign with: no shared secrets, and nothing that is not a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Es256,
    Es384,
}

impl Algorithm {
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            _ => return None,
        })
    }
}

/// A key that signatures are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) id: Option<String>,
    /// The only algorithm that it is for, where it says so.
    algorithm: Option<Algorithm>,
    material: Material,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Material {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
}

impl Key {
    /// None for what is no key for signatures, or of a kind that is not known.
    pub(crate) fn read(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk[name].as_str();
        let bytes = |name: &str| {
            URL_SAFE_NO_PAD
                .decode(text(name)?.trim_end_matches('='))
                .ok()
        };
        if text("use").is_some_and(|it| it != "sig") {
            return None;
        }
        let algorithm = match text("alg") {
            Some(name) => Some(Algorithm::of(name)?),
            None => None,
        };
        let point = |length: usize| {
            let (x, y) = (bytes("x")?, bytes("y")?);
            // Uncompressed, as X9.62 has it.
            (x.len() == length && y.len() == length).then(|| [&[4][..], &x, &y].concat())
        };
        let material = match (text("kty")?, text("crv")) {
            ("RSA", _) => Material::Rsa {
                modulus: bytes("n")?,
                exponent: bytes("e")?,
            },
            ("EC", Some("P-256")) => Material::P256(point(32)?),
            ("EC", Some("P-384")) => Material::P384(point(48)?),
            _ => return None,
        };
        Some(Self {
            id: text("kid").map(str::to_owned),
            algorithm,
            material,
        })
    }

    /// Whether the key made the signature. RSA keys have 2048 bits at least.
    pub(crate) fn signed(&self, by: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if self.algorithm.is_some_and(|only| only != by) {
            return false;
        }
        match (&self.material, by) {
            (Material::Rsa { modulus, exponent }, _) => {
                let how = match by {
                    Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                    Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                    Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
                    Algorithm::Es256 | Algorithm::Es384 => return false,
                };
                let zeros = modulus.iter().take_while(|it| **it == 0).count();
                let key = RsaPublicKeyComponents {
                    n: &modulus[zeros..],
                    e: exponent,
                };
                key.verify(how, message, signature).is_ok()
            }
            (Material::P256(point), Algorithm::Es256) => {
                let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point);
                key.verify(message, signature).is_ok()
            }
            (Material::P384(point), Algorithm::Es384) => {
                let key = UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, point);
                key.verify(message, signature).is_ok()
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 7515, appendix A.3: a token, and the key that it is signed with.
    const TOKEN: [&str; 2] = [
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    ];

    fn key() -> Value {
        json!({
            "kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    }

    #[test]
    fn the_standards_own_token() {
        let signature = URL_SAFE_NO_PAD.decode(TOKEN[1]).unwrap();
        let key = |jwk: Value| Key::read(&jwk).unwrap();
        let holds =
            |key: &Key, message: &str| key.signed(Algorithm::Es256, message.as_bytes(), &signature);
        assert!(holds(&key(self::key()), TOKEN[0]));
        assert!(!holds(&key(self::key()), &TOKEN[0][1..]));
        let mut for_other = self::key();
        for_other["alg"] = json!("ES384");
        assert!(!holds(&key(for_other), TOKEN[0]));
        assert!(!key(self::key()).signed(Algorithm::Rs256, TOKEN[0].as_bytes(), &signature));
        assert!(!key(self::key()).signed(Algorithm::Es256, TOKEN[0].as_bytes(), &[]));
    }

    #[test]
    fn what_is_no_key() {
        let change = |name: &str, value: Value| {
            let mut key = key();
            key[name] = value;
            Key::read(&key)
        };
        for (name, value) in [
            ("use", json!("enc")),
            ("alg", json!("HS256")),
            ("kty", json!("oct")),
            ("kty", Value::Null),
            ("crv", json!("P-521")),
            ("x", json!("AAAA")),
            ("y", json!(7)),
            ("kty", json!("RSA")),
        ] {
            assert_eq!(change(name, value), None, "{name}");
        }
        assert!(change("kid", json!("one")).is_some());
    }
}
