//! PuTTY's file of a private key, version 2, which all its versions read: without a passphrase, under a code that only
//! shows damage.

use std::fmt::Write as _;

use aws_lc_rs::{digest, hmac};
use zeroize::Zeroizing;

use super::ssh::{lines, string};

const WIDTH: usize = 64;
const ENCRYPTION: &str = "none";

/// `private` as PuTTY writes the algorithm's secret numbers.
pub fn file(algorithm: &str, comment: &str, public: &[u8], private: &[u8]) -> Zeroizing<String> {
    let mut covered = Zeroizing::new(Vec::new());
    for part in [
        algorithm.as_bytes(),
        ENCRYPTION.as_bytes(),
        comment.as_bytes(),
        public,
        private,
    ] {
        string(&mut covered, part);
    }
    let key = digest::digest(
        &digest::SHA1_FOR_LEGACY_USE_ONLY,
        b"putty-private-key-file-mac-key",
    );
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_ref());
    let code = hex::encode(hmac::sign(&key, &covered));
    let (public, private) = (lines(public, WIDTH), lines(private, WIDTH));
    let count = |text: &str| text.lines().count();
    let mut file = Zeroizing::new(String::with_capacity(4096));
    let written = write!(
        file,
        "PuTTY-User-Key-File-2: {algorithm}\r\nEncryption: {ENCRYPTION}\r\nComment: {comment}\r\n\
         Public-Lines: {}\r\n{}Private-Lines: {}\r\n{}Private-MAC: {code}\r\n",
        count(&public),
        public.replace('\n', "\r\n"),
        count(&private),
        Zeroizing::new(private.replace('\n', "\r\n")).as_str(),
    );
    written.expect("a text takes everything");
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Comparison with the code computed by another implementation.
    #[test]
    fn the_code_covers_all_parts() {
        let text = file("ssh-ed25519", "c", b"public", b"private");
        let expected = "PuTTY-User-Key-File-2: ssh-ed25519\r\nEncryption: none\r\nComment: c\r\n\
                        Public-Lines: 1\r\ncHVibGlj\r\nPrivate-Lines: 1\r\ncHJpdmF0ZQ==\r\n\
                        Private-MAC: 4e8aac4d12e5b3c5aed529e772bf3676b45d802b\r\n";
        assert_eq!(text.as_str(), expected);
    }
}
