//! Layers of files, one upon the other, mounted as one tree.
//!
//! Since Linux 6.8 overlayfs takes its layers one by one, as many as it can stack. Before, all of them are in one text
//! of options, of which the kernel reads a page. Either way layers are named through open descriptors: full paths are
//! too long for a page, and for a single option.

use std::{
    io,
    os::fd::{AsRawFd as _, BorrowedFd},
    path::Path,
    sync::OnceLock,
};

use nix::mount::{MsFlags, mount};

use crate::mount::{attach, fresh_or_why, has_option};

/// Layers that the kernel stacks below the one that is written to (`OVL_MAX_STACK`).
pub const MOST_LAYERS: usize = 500;
/// Layers that fit into a page of options whatever the numbers of their descriptors are, with what stands beside them.
const MOST_IN_PAGE: usize = 127;
/// Bytes of options that every kernel reads, with the zero at the end.
const PAGE: usize = 4096;

/// How many layers an image may have for this machine to run it.
pub fn most_layers() -> usize {
    match takes_single_layers() {
        true => MOST_LAYERS,
        false => MOST_IN_PAGE,
    }
}

/// Mounts `layers`, the lowest first, as one tree on `target`. Without an `upperdir` among the options nobody can write
/// to it.
///
/// # Errors
/// There are none or too many for this kernel, or it refuses.
pub fn mount_layers(layers: &[BorrowedFd<'_>], options: &[&str], target: &Path) -> io::Result<()> {
    let layers = layers.iter().map(|layer| layer.as_raw_fd());
    match told(takes_single_layers(), layers.collect(), options)? {
        Told::OneByOne(options) => attach(fresh_or_why("overlay", "overlay", &options, 0)?, target),
        Told::AtOnce(text) => {
            let (kind, text) = (Some("overlay"), Some(text.as_str()));
            Ok(mount(kind, target, kind, MsFlags::empty(), text)?)
        }
    }
}

/// Whether overlayfs takes layers one by one. A kernel that could not be asked is asked again: its module may not be
/// loaded yet.
fn takes_single_layers() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    if let Some(known) = ANSWER.get() {
        return *known;
    }
    match has_option(c"overlay", c"lowerdir+", "/") {
        Ok(answer) => *ANSWER.get_or_init(|| answer),
        Err(_) => false,
    }
}

/// How the kernel is told what to mount.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    /// Options that each go in a call of their own.
    OneByOne(Vec<String>),
    /// All of them.
    AtOnce(String),
}

/// `singly`: the kernel takes layers one by one. `layers`: descriptors, of the lowest first.
fn told(singly: bool, layers: Vec<i32>, options: &[&str]) -> io::Result<Told> {
    let count = layers.len();
    if !(1..=MOST_LAYERS).contains(&count) {
        let text = format!("a root file system has 1 to {MOST_LAYERS} layers, not {count}");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    // Overlayfs begins with the topmost one.
    let layers = layers.into_iter().rev();
    let layers = layers.map(|layer| format!("/proc/self/fd/{layer}"));
    if singly {
        let layers = layers.map(|layer| format!("lowerdir+={layer}"));
        let others = options.iter().map(|&option| option.to_owned());
        return Ok(Told::OneByOne(layers.chain(others).collect()));
    }
    let layers = layers.collect::<Vec<_>>().join(":");
    let mut all = format!("lowerdir={layers}");
    for option in options {
        all.push(',');
        all.push_str(option);
    }
    if all.len() >= PAGE {
        let text = format!("a root file system of {count} layers takes Linux 6.8 or newer");
        return Err(io::Error::new(io::ErrorKind::Unsupported, text));
    }
    Ok(Told::AtOnce(all))
}

#[cfg(test)]
mod tests {
    use std::{fs::File, os::fd::AsFd as _};

    use super::*;

    const OPTIONS: [&str; 2] = ["upperdir=/u", "volatile"];

    fn refusal(singly: bool, count: usize) -> Option<String> {
        let layers = vec![1_048_575; count];
        told(singly, layers, &OPTIONS).err().map(|e| e.to_string())
    }

    #[test]
    fn the_topmost_layer_comes_first() {
        let expected = [
            "lowerdir+=/proc/self/fd/9",
            "lowerdir+=/proc/self/fd/8",
            "lowerdir+=/proc/self/fd/7",
            "upperdir=/u",
            "volatile",
        ];
        let found = told(true, vec![7, 8, 9], &OPTIONS).unwrap();
        assert_eq!(found, Told::OneByOne(expected.map(str::to_owned).into()));
        let all = "lowerdir=/proc/self/fd/9:/proc/self/fd/8:/proc/self/fd/7,upperdir=/u,volatile";
        let found = told(false, vec![7, 8, 9], &OPTIONS).unwrap();
        assert_eq!(found, Told::AtOnce(all.to_owned()));
        let found = told(false, vec![7], &[]).unwrap();
        assert_eq!(found, Told::AtOnce("lowerdir=/proc/self/fd/7".to_owned()));
    }

    #[test]
    fn as_many_layers_as_the_kernel_takes() {
        for count in [1, MOST_IN_PAGE, 300, MOST_LAYERS] {
            assert_eq!(refusal(true, count), None, "{count}");
        }
        for singly in [true, false] {
            for count in [0, MOST_LAYERS + 1] {
                let expected = format!("a root file system has 1 to 500 layers, not {count}");
                assert_eq!(refusal(singly, count), Some(expected));
            }
        }
        // Where an instance stands on the image, its program is one more.
        assert_eq!(refusal(false, MOST_IN_PAGE + 1), None);
        let expected = "a root file system of 300 layers takes Linux 6.8 or newer";
        assert_eq!(refusal(false, 300).as_deref(), Some(expected));
    }

    #[test]
    fn a_page_ends_with_a_zero() {
        let beside = "lowerdir=/proc/self/fd/7,".len();
        for (length, fits) in [(PAGE - 1, true), (PAGE, false)] {
            let option = "x".repeat(length - beside);
            assert_eq!(
                told(false, vec![7], &[option.as_str()]).is_ok(),
                fits,
                "{length}"
            );
        }
    }

    #[test]
    fn an_option_that_the_kernel_refuses_is_named() {
        let (layer, target) = (File::open("/").unwrap(), tempfile::tempdir().unwrap());
        let refused = mount_layers(&[layer.as_fd()], &["nonsense"], target.path());
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{error}");
        // Before Linux 6.8 the kernel's log has it.
        let is_named = error.to_string().contains("'nonsense'");
        assert_eq!(is_named, takes_single_layers(), "{error}");
    }
}
