//! Versions, each compared by the rules of its ecosystem. Every order is total: where a rule reads a
//! version into tokens, the tokens are compared one after the other and nothing else.

mod apk;
mod dpkg;
mod gem;
mod maven;
mod rpm;
#[cfg(test)]
mod tests;

use std::{cmp::Ordering, str::FromStr};

/// Longer ones are of nobody's software, and are not compared.
pub const MAX_VERSION: usize = 256;

/// By whose rules versions are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Apk,
    Dpkg,
    Gem,
    Maven,
    Pep440,
    Rpm,
    /// Of cargo, npm and go.
    Semver,
}

impl Scheme {
    /// The rules of an ecosystem as OSV names it, with or without a release: `Debian:12`.
    pub fn of_ecosystem(ecosystem: &str) -> Option<Self> {
        let family = ecosystem.split(':').next().unwrap_or_default();
        Some(match family {
            "Alpine"
            | "Wolfi"
            | "Chainguard"
            | "Alpaquita"
            | "MinimOS"
            | "BellSoft Hardened Containers" => Self::Apk,
            "Debian" | "Ubuntu" | "Echo" => Self::Dpkg,
            "RubyGems" => Self::Gem,
            "Maven" => Self::Maven,
            "PyPI" => Self::Pep440,
            "Red Hat" | "Rocky Linux" | "AlmaLinux" | "openSUSE" | "SUSE" | "Mageia"
            | "openEuler" | "Azure Linux" | "Photon OS" | "Amazon Linux" => Self::Rpm,
            "crates.io" | "npm" | "Go" => Self::Semver,
            _ => return None,
        })
    }

    /// `None` if one of them is no version by these rules.
    pub fn compare(self, one: &str, other: &str) -> Option<Ordering> {
        if one.len() > MAX_VERSION || other.len() > MAX_VERSION {
            return None;
        }
        Some(match self {
            Self::Apk => apk::read(one)?.cmp(&apk::read(other)?),
            Self::Dpkg => dpkg::compare(one, other),
            Self::Gem => gem::compare(&gem::read(one)?, &gem::read(other)?),
            Self::Maven => maven::read(one).cmp(&maven::read(other)),
            Self::Pep440 => pep440(one)?.cmp(&pep440(other)?),
            Self::Rpm => rpm::compare(one, other),
            Self::Semver => semver(one)?.cmp_precedence(&semver(other)?),
        })
    }
}

fn pep440(text: &str) -> Option<pep440_rs::Version> {
    pep440_rs::Version::from_str(text).ok()
}

/// As the crate reads it, but with a `v` in front, and with minor and patch left out.
fn semver(text: &str) -> Option<semver::Version> {
    let text = text.trim();
    let text = text.strip_prefix(['v', 'V', '=']).unwrap_or(text);
    if let Ok(version) = semver::Version::parse(text) {
        return Some(version);
    }
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (core, rest) = text.split_at(end);
    let mut numbers = core.split('.');
    let mut next = || match numbers.next() {
        None => Some(0_u64),
        Some(digits) => digits.parse().ok(),
    };
    let (major, minor, patch) = (next()?, next()?, next()?);
    if numbers.next().is_some() {
        return None;
    }
    semver::Version::parse(&format!("{major}.{minor}.{patch}{rest}")).ok()
}

/// A number of any length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Number<'a>(&'a str);

impl<'a> Number<'a> {
    fn new(digits: &'a str) -> Self {
        Self(digits.trim_start_matches('0'))
    }
}

impl Ord for Number<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.len(), self.0).cmp(&(other.0.len(), other.0))
    }
}

impl PartialOrd for Number<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `text` in front of where `is` ends, and the rest.
fn take(text: &str, is: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !is(c)).unwrap_or(text.len());
    text.split_at(end)
}
