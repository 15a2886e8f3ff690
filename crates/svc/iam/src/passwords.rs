//! Passwords: what the account's rules demand of them, and how they are kept: hashed by scrypt, and the
//! hash sealed besides.

use std::sync::LazyLock;

use rand::Rng;
use scrypt::Params;
use subtle::ConstantTimeEq;
use wharf_seal::{Keyring, OpenError, Sealed};
use wharf_service::Shares;

use crate::records::PasswordRules;

const SALT: usize = 16;
const HASH: usize = 32;
/// What AWS counts as symbols.
const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";
/// Where an account has no rules: this long, of three of the four kinds.
const LEAST: usize = 8;
const LEAST_KINDS: usize = 3;

/// Passwords that are hashed at once, and those of one account. Each takes 16 MiB and a processor for some tenths of a second,
/// and a change of a password is compared with all that the rules remember.
const HASHED_AT_ONCE: usize = 2;
const HASHED_OF_ACCOUNT: usize = 1;

static HASHING: LazyLock<Shares> = LazyLock::new(|| Shares::new(HASHED_AT_ONCE, HASHED_OF_ACCOUNT));

/// A hash and what it was made with.
#[derive(Clone)]
pub(crate) struct Hashed([u8; SALT + HASH]);

impl Hashed {
    /// Slow on purpose, and with megabytes of its own: apart from the tasks that serve others, in the account's turn.
    pub(crate) async fn of(account: &str, password: String) -> Option<Self> {
        let salt: [u8; SALT] = rand::rng().random();
        Self::with(account, password, salt).await
    }

    async fn with(account: &str, password: String, salt: [u8; SALT]) -> Option<Self> {
        let turn = HASHING.take(account).await;
        let work = move || {
            // The work goes on when nobody waits for it any more, and keeps its turn.
            let _turn = turn;
            // 16 MiB five times over: one of the settings that OWASP gives for scrypt.
            let params = Params::new(14, 8, 5, HASH).ok()?;
            let mut whole = [0; SALT + HASH];
            whole[..SALT].copy_from_slice(&salt);
            scrypt::scrypt(password.as_bytes(), &salt, &params, &mut whole[SALT..]).ok()?;
            Some(Self(whole))
        };
        tokio::task::spawn_blocking(work).await.ok().flatten()
    }

    /// Whether it is that of the password.
    pub(crate) async fn is_of(&self, account: &str, password: &str) -> bool {
        let mut salt = [0; SALT];
        salt.copy_from_slice(&self.0[..SALT]);
        let again = Self::with(account, password.to_owned(), salt).await;
        again.is_some_and(|it| it.0[..].ct_eq(&self.0[..]).into())
    }

    pub(crate) fn seal(&self, keyring: &Keyring, purpose: &str) -> Sealed {
        keyring.seal(&self.0, purpose)
    }

    pub(crate) fn open(
        sealed: &Sealed,
        keyring: &Keyring,
        purpose: &str,
    ) -> Result<Self, OpenError> {
        let opened = keyring.open(sealed, purpose)?;
        let whole = opened.expose().try_into();
        whole.map(Self).map_err(|_| OpenError::Refused)
    }
}

/// Whether a password is as the account's rules want it; AWS's own where there are none. Pure.
pub(crate) fn conforms(rules: Option<&PasswordRules>, password: &str) -> bool {
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    let upper = has(|c| c.is_ascii_uppercase());
    let lower = has(|c| c.is_ascii_lowercase());
    let digit = has(|c| c.is_ascii_digit());
    let symbol = has(|c| SYMBOLS.contains(c));
    let length = password.chars().count();
    let Some(rules) = rules else {
        let kinds = [upper, lower, digit, symbol];
        let kinds = kinds.into_iter().filter(|it| *it).count();
        return length >= LEAST && kinds >= LEAST_KINDS;
    };
    let least = usize::try_from(rules.minimum_length).unwrap_or(0);
    length >= least
        && (upper || !rules.uppercase)
        && (lower || !rules.lowercase)
        && (digit || !rules.numbers)
        && (symbol || !rules.symbols)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> PasswordRules {
        PasswordRules {
            minimum_length: 6,
            symbols: false,
            numbers: false,
            uppercase: false,
            lowercase: false,
            users_may_change: true,
            max_age_days: None,
            remembered: None,
            hard_expiry: false,
        }
    }

    #[test]
    fn what_rules_demand() {
        let rules = rules();
        let cases: [(PasswordRules, &str, &str); 5] = [
            (rules.clone(), "aaaaaa", "aaaaa"),
            (
                PasswordRules {
                    symbols: true,
                    ..rules.clone()
                },
                "aaaaa!",
                "aaaaaA",
            ),
            (
                PasswordRules {
                    numbers: true,
                    ..rules.clone()
                },
                "aaaaa1",
                "aaaaa!",
            ),
            (
                PasswordRules {
                    uppercase: true,
                    ..rules.clone()
                },
                "aaaaaA",
                "aaaaaa",
            ),
            (
                PasswordRules {
                    lowercase: true,
                    ..rules
                },
                "AAAAAa",
                "AAAAAA",
            ),
        ];
        for (rules, good, bad) in cases {
            assert!(conforms(Some(&rules), good), "{good} {rules:?}");
            assert!(!conforms(Some(&rules), bad), "{bad} {rules:?}");
        }
        assert!(conforms(None, "Abcdef12"));
        for bad in ["Abcde12", "abcdefgh1", ""] {
            assert!(!conforms(None, bad), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_hash_is_of_one_password() {
        let keyring = Keyring::in_memory();
        let of = |password: &str| Hashed::of("1", password.to_owned());
        let hash = of("correct horse").await.unwrap();
        let sealed = hash.seal(&keyring, "a");
        assert!(Hashed::open(&sealed, &keyring, "b").is_err());
        let hash = Hashed::open(&sealed, &keyring, "a").unwrap();
        assert!(hash.is_of("1", "correct horse").await);
        assert!(!hash.is_of("1", "correct hors").await);
        let again = of("correct horse").await.unwrap();
        assert_ne!(hash.0, again.0);
    }

    #[tokio::test]
    async fn an_account_that_has_its_passwords_hashed_waits_behind_itself_alone() {
        let turn = HASHING.take("busy").await;
        let waits = tokio::spawn(Hashed::of("busy", "a".to_owned()));
        // As long as two of another's take, which come one after the other.
        let other = Hashed::of("other", "a".to_owned()).await.unwrap();
        assert!(other.is_of("other", "a").await);
        assert!(!waits.is_finished());
        drop(turn);
        assert!(waits.await.unwrap().is_some());
    }
}
