//! GetRandomPassword. Pure but for the generator.

use rand::{Rng, seq::SliceRandom};
use wharf_api_secretsmanager::GetRandomPasswordRequest;
use wharf_wire::Fault;

use crate::fault;

const DEFAULT_LENGTH: usize = 32;
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// A password by the rules of a request.
///
/// # Errors
/// Nothing is left to make it of, or it is too short for one of each type.
pub fn make(rng: &mut impl Rng, asked: &GetRandomPasswordRequest) -> Result<String, Fault> {
    let length = asked.password_length.map(usize::try_from);
    let length = length.and_then(Result::ok).unwrap_or(DEFAULT_LENGTH);
    let excluded = asked.exclude_characters.as_deref().unwrap_or_default();
    let types = [
        (LOWER, !asked.exclude_lowercase.unwrap_or_default()),
        (UPPER, !asked.exclude_uppercase.unwrap_or_default()),
        (DIGITS, !asked.exclude_numbers.unwrap_or_default()),
        (PUNCTUATION, !asked.exclude_punctuation.unwrap_or_default()),
        (" ", asked.include_space.unwrap_or_default()),
    ];
    let types: Vec<Vec<char>> = (types.into_iter().filter(|(_, wanted)| *wanted))
        .map(|(all, _)| all.chars().filter(|it| !excluded.contains(*it)).collect())
        .filter(|all: &Vec<char>| !all.is_empty())
        .collect();
    let all: Vec<char> = types.concat();
    if all.is_empty() {
        return Err(fault::parameter(
            "The exclusions leave no characters to make a password of.",
        ));
    }
    let mut password: Vec<char> = Vec::with_capacity(length);
    if asked.require_each_included_type.unwrap_or(true) {
        if length < types.len() {
            return Err(fault::parameter(
                "Password length is too short based on the required types.",
            ));
        }
        password.extend(types.iter().map(|one| one[rng.random_range(0..one.len())]));
    }
    while password.len() < length {
        password.push(all[rng.random_range(0..all.len())]);
    }
    password.shuffle(rng);
    Ok(password.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(change: impl FnOnce(&mut GetRandomPasswordRequest)) -> Result<String, Fault> {
        let mut asked = GetRandomPasswordRequest::default();
        change(&mut asked);
        make(&mut rand::rng(), &asked)
    }

    #[test]
    fn passwords_are_as_asked_for() {
        let password = made(|_| ()).unwrap();
        assert_eq!(password.len(), 32);
        for all in [LOWER, UPPER, DIGITS, PUNCTUATION] {
            assert!(password.contains(|it| all.contains(it)), "{password}");
        }
        let digits = made(|it| {
            it.password_length = Some(4096);
            (it.exclude_lowercase, it.exclude_uppercase) = (Some(true), Some(true));
            it.exclude_punctuation = Some(true);
            it.exclude_characters = Some("0".to_owned());
        });
        let digits = digits.unwrap();
        assert!(digits.len() == 4096 && digits.bytes().all(|it| (b'1'..=b'9').contains(&it)));
        let short = made(|it| it.password_length = Some(3)).unwrap_err();
        assert!(short.message.contains("too short"));
        let loose = made(|it| {
            it.password_length = Some(1);
            it.require_each_included_type = Some(false);
        });
        assert_eq!(loose.unwrap().len(), 1);
        let nothing = made(|it| {
            it.exclude_characters = Some([LOWER, UPPER, DIGITS, PUNCTUATION].concat());
        });
        assert!(nothing.unwrap_err().message.contains("no characters"));
    }
}
