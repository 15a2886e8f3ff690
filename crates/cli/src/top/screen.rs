//! The terminal while `wharf top` has it: raw, and on a screen of its own. It is given back as it was, whether
//! the command ends, fails or panics.

use std::{
    io::{self, Stdout, stdout},
    sync::Once,
};

use ratatui::{
    Terminal,
    backend::CrosstermBackend,
    crossterm::{
        cursor::Show,
        execute,
        terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
    },
};

/// Gives the terminal back when it is dropped.
pub struct Screen {
    pub terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    pub fn enter() -> io::Result<Self> {
        restore_on_panic();
        enable_raw_mode()?;
        // From here on whatever fails gives back what was taken.
        let taken = Taken;
        execute!(stdout(), EnterAlternateScreen)?;
        let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
        std::mem::forget(taken);
        Ok(Self { terminal })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

struct Taken;

impl Drop for Taken {
    fn drop(&mut self) {
        restore();
    }
}

/// May be called again. There is nobody to tell if the terminal is gone.
fn restore() {
    let _ = execute!(stdout(), LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

/// Of any thread, before its message is printed: on the other screen it would be lost.
fn restore_on_panic() {
    static SET: Once = Once::new();
    SET.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore();
            before(info);
        }));
    });
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::Read,
        os::fd::AsFd,
        process::{Command, Stdio},
    };

    use nix::{pty::openpty, sys::termios::tcgetattr};

    use super::*;

    /// Set for the process that panics.
    const INNER: &str = "WHARF_TEST_PANICS";

    /// Runs itself on a terminal of its own, where it panics.
    #[test]
    fn a_panic_gives_the_terminal_back() {
        if std::env::var_os(INNER).is_some() {
            let _screen = Screen::enter().unwrap();
            panic!("it panicked");
        }
        let name = std::thread::current().name().unwrap().to_owned();
        let pair = openpty(None, None).unwrap();
        let before = tcgetattr(pair.slave.as_fd()).unwrap();
        let end = || Stdio::from(pair.slave.try_clone().unwrap());
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([name.as_str(), "--exact", "--nocapture"])
            .env(INNER, "1")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap();
        // The buffer of a terminal is small: it is read while the process runs, until the last of its ends closes.
        let mut master = File::from(pair.master);
        let reader = std::thread::spawn(move || {
            let (mut all, mut piece) = (Vec::new(), [0; 4096]);
            while let Ok(read @ 1..) = master.read(&mut piece) {
                all.extend_from_slice(&piece[..read]);
            }
            String::from_utf8_lossy(&all).into_owned()
        });
        assert!(!child.wait().unwrap().success());
        let after = tcgetattr(pair.slave.as_fd()).unwrap();
        drop(pair.slave);
        let text = reader.join().unwrap();
        assert_eq!(after, before);
        let entered = text
            .find("\u{1b}[?1049h")
            .expect("it had a screen of its own");
        let left = text.find("\u{1b}[?1049l").expect("it left it");
        let said = text.find("it panicked").expect("it said why");
        assert!(entered < left && left < said, "{text:?}");
    }
}
