//! What runs the processors of virtual machines. Pure.

use std::{fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

/// The program that an operator names: `qemu=/usr/bin/qemu-system-x86_64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emulator {
    pub program: PathBuf,
}

const QEMU: &str = "qemu";

/// What no virtual machine is run by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEmulator {
    #[error("it names a program and its path: qemu=/usr/bin/qemu-system-x86_64")]
    Form,
    #[error("virtual machines are run by qemu alone, not by {0}")]
    Other(String),
    #[error("the path of the program does not begin with /")]
    Relative,
}

impl FromStr for Emulator {
    type Err = BadEmulator;

    fn from_str(text: &str) -> Result<Self, BadEmulator> {
        let (kind, program) = text.split_once('=').ok_or(BadEmulator::Form)?;
        if kind != QEMU {
            return Err(BadEmulator::Other(kind.to_owned()));
        }
        let program = PathBuf::from(program);
        match program.is_absolute() {
            true => Ok(Self { program }),
            false => Err(BadEmulator::Relative),
        }
    }
}

impl fmt::Display for Emulator {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{QEMU}={}", self.program.display())
    }
}

/// What an operator wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Choice {
    /// KVM where it is usable.
    #[default]
    Auto,
    Kvm,
    Tcg,
}

impl Choice {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Kvm => "kvm",
            Self::Tcg => "tcg",
        }
    }
}

/// What no processors are chosen by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is auto, kvm or tcg, not {0}")]
pub struct BadChoice(String);

impl FromStr for Choice {
    type Err = BadChoice;

    fn from_str(text: &str) -> Result<Self, BadChoice> {
        let all = [Self::Auto, Self::Kvm, Self::Tcg];
        let found = all.into_iter().find(|it| it.as_str() == text);
        found.ok_or_else(|| BadChoice(text.to_owned()))
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Accelerator {
    /// The machine's own processors.
    Kvm,
    /// Processors that qemu translates: slow, and everywhere.
    Tcg,
}

impl Accelerator {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kvm => "kvm",
            Self::Tcg => "tcg",
        }
    }
}

/// What is used, and why that is the slow one if nobody asked for it. `kvm`: whether that is usable, or why not; it is looked
/// at only where it matters.
///
/// # Errors
/// KVM is wanted and cannot be had.
pub fn choose<E>(
    wanted: Choice,
    kvm: impl FnOnce() -> Result<(), E>,
) -> Result<(Accelerator, Option<E>), E> {
    match wanted {
        Choice::Tcg => Ok((Accelerator::Tcg, None)),
        Choice::Kvm => kvm().map(|()| (Accelerator::Kvm, None)),
        Choice::Auto => match kvm() {
            Ok(()) => Ok((Accelerator::Kvm, None)),
            Err(why) => Ok((Accelerator::Tcg, Some(why))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices() {
        let no = || Err("there is no /dev/kvm");
        let yes = || Ok::<(), &str>(());
        let (kvm, tcg) = (Accelerator::Kvm, Accelerator::Tcg);
        assert_eq!(choose(Choice::Auto, yes), Ok((kvm, None)));
        let why = "there is no /dev/kvm";
        assert_eq!(choose(Choice::Auto, no), Ok((tcg, Some(why))));
        assert_eq!(choose(Choice::Kvm, yes), Ok((kvm, None)));
        assert_eq!(choose(Choice::Kvm, no), Err(why));
        let chosen = choose::<&str>(Choice::Tcg, || panic!("nobody wants it"));
        assert_eq!(chosen, Ok((tcg, None)));
    }

    #[test]
    fn what_operators_write() {
        let path = "qemu=/usr/bin/qemu-system-x86_64";
        assert_eq!(path.parse::<Emulator>().unwrap().to_string(), path);
        for bad in [
            "",
            "qemu",
            "/usr/bin/qemu-system-x86_64",
            "qemu=qemu-system-x86_64",
            "cloud-hypervisor=/usr/bin/cloud-hypervisor",
        ] {
            assert!(bad.parse::<Emulator>().is_err(), "{bad}");
        }
        for text in ["auto", "kvm", "tcg"] {
            assert_eq!(text.parse::<Choice>().unwrap().to_string(), text);
        }
        assert!("KVM".parse::<Choice>().is_err());
    }
}
