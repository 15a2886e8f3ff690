//! The terminal in front of the user.

use std::os::fd::AsFd;

use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use wharf_datachannel::handshake::Size;

/// Passes keys on as they are typed, until it is dropped.
pub struct RawTerminal(Termios);

impl RawTerminal {
    pub fn enter() -> nix::Result<Self> {
        let input = std::io::stdin();
        let before = tcgetattr(input.as_fd())?;
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(input.as_fd(), SetArg::TCSANOW, &raw)?;
        Ok(Self(before))
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        // There is nobody to tell if the terminal is gone.
        let _ = tcsetattr(std::io::stdin().as_fd(), SetArg::TCSANOW, &self.0);
    }
}

/// How large it is; 80 by 24 where it does not say.
pub fn size() -> Size {
    let mut found = nix::libc::winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the request takes a pointer to a winsize, which outlives the call.
    let asked = unsafe { nix::libc::ioctl(1, nix::libc::TIOCGWINSZ, &raw mut found) };
    match (asked, found.ws_col, found.ws_row) {
        (0, cols @ 1.., rows @ 1..) => Size { cols, rows },
        _ => Size { cols: 80, rows: 24 },
    }
}
