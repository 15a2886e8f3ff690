//! Programs of Go say what they were built from: `runtime/debug.BuildInfo`, in the form of Go 1.18 and
//! later, which has the text behind its mark. It is looked for in the stream of the program.

use std::io::{self, Read};

use memchr::memmem;

use crate::{
    gathering::Gathering,
    limits::ScanError,
    package::{Manager, Package},
};

const MARK: &[u8] = b"\xff Go buildinf:";
/// From the mark to the first text.
const HEADER: usize = 32;
/// In the byte of flags: the texts follow.
const INLINE: u8 = 2;
/// A program with more modules than fit is not read.
const MAX_INFO: usize = 4 << 20;
const CHUNK: usize = 256 << 10;
/// Around the text on the modules.
const SENTINEL: usize = 16;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BuildInfo {
    pub go: String,
    pub modules: String,
}

impl BuildInfo {
    /// Reads a program to its mark and the texts behind it; `None` if it has none.
    pub(crate) fn find(program: &mut impl Read) -> io::Result<Option<Self>> {
        let finder = memmem::Finder::new(MARK);
        let mut window = Vec::with_capacity(2 * CHUNK);
        // What is before it was looked at.
        let mut from = 0;
        loop {
            if let Some(at) = finder.find(window.get(from..).unwrap_or_default()) {
                from += at;
                if let Some(info) = Self::behind(&mut window, &mut from, program)? {
                    return Ok(Some(info));
                }
                // The mark in a program that knows the mark, not the information.
                from += MARK.len();
                continue;
            }
            let keep = window.len().saturating_sub(MARK.len() - 1);
            from = from.max(keep).min(window.len());
            if !more(&mut window, &mut from, program)? {
                return Ok(None);
            }
        }
    }

    fn behind(
        window: &mut Vec<u8>,
        from: &mut usize,
        program: &mut impl Read,
    ) -> io::Result<Option<Self>> {
        loop {
            match texts(window.get(*from..).unwrap_or_default()) {
                Texts::None => return Ok(None),
                Texts::Both(go, modules) => return Ok(Some(Self { go, modules })),
                Texts::NeedsMore => {
                    if window.len() - *from > MAX_INFO || !more(window, from, program)? {
                        return Ok(None);
                    }
                }
            }
        }
    }
}

/// Reads some more in place of what is before `from`; false at the end.
fn more(window: &mut Vec<u8>, from: &mut usize, program: &mut impl Read) -> io::Result<bool> {
    window.drain(..*from);
    *from = 0;
    let read = program.take(CHUNK as u64).read_to_end(window)?;
    Ok(read > 0)
}

enum Texts {
    None,
    NeedsMore,
    Both(String, String),
}

fn texts(window: &[u8]) -> Texts {
    let Some(flags) = window.get(MARK.len() + 1) else {
        return Texts::NeedsMore;
    };
    if flags & INLINE == 0 {
        return Texts::None;
    }
    let mut at = HEADER;
    let mut texts = [&[] as &[u8]; 2];
    for text in &mut texts {
        let (mut length, mut shift) = (0_u64, 0);
        loop {
            let Some(byte) = window.get(at) else {
                return Texts::NeedsMore;
            };
            at += 1;
            length |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
            if shift > 28 {
                return Texts::None;
            }
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > MAX_INFO {
            return Texts::None;
        }
        let Some(bytes) = window.get(at..at + length) else {
            return Texts::NeedsMore;
        };
        *text = bytes;
        at += length;
    }
    let [go, modules] = texts;
    if !go.starts_with(b"go") && !go.starts_with(b"devel") {
        return Texts::None;
    }
    let within = modules.get(SENTINEL..modules.len().saturating_sub(SENTINEL));
    Texts::Both(
        String::from_utf8_lossy(go).into_owned(),
        String::from_utf8_lossy(within.unwrap_or_default()).into_owned(),
    )
}

/// The modules of a program, and the library of Go itself.
pub(crate) fn read(info: &BuildInfo, found: &mut Gathering<'_>) -> Result<(), ScanError> {
    let mut add = |name: &str, version: &str| {
        let version = version.strip_prefix('v').unwrap_or(version);
        found.add(Package::new(Manager::Go, name, version))
    };
    let go = info.go.split_whitespace().next().unwrap_or_default();
    if let Some(version) = go.strip_prefix("go") {
        add("stdlib", version)?;
    }
    // A line `=>` says what takes the place of the module before it.
    let mut module: Option<(&str, &str)> = None;
    for line in info.modules.lines() {
        let mut words = line.split('\t');
        let (what, name, version) = (words.next(), words.next(), words.next());
        match (what, name, version) {
            (Some("dep"), Some(name), Some(version)) => {
                if let Some((name, version)) = module.replace((name, version)) {
                    add(name, version)?;
                }
            }
            (Some("=>"), Some(name), Some(version)) => module = Some((name, version)),
            _ => {}
        }
    }
    if let Some((name, version)) = module {
        add(name, version)?;
    }
    Ok(())
}
