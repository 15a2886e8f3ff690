//! Volumes that come with an instance: its host gives them to it once it runs, and user data finds them there.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use crate::console::say;

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Returns when all are there, or none came for too long; what is missing then goes to the console.
pub fn wait(dev: &Path, names: &[String], longest: Duration) {
    let end = Instant::now() + longest;
    loop {
        let missing: Vec<&str> = names
            .iter()
            .map(String::as_str)
            .filter(|name| !dev.join(name).exists())
            .collect();
        if missing.is_empty() {
            return;
        }
        if Instant::now() >= end {
            say(&format!(
                "volumes are not there yet: {}",
                missing.join(", ")
            ));
            return;
        }
        thread::sleep(LOOK_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_they_are_there_and_no_longer_than_that() {
        let dev = tempfile::tempdir().unwrap();
        let names = ["xvdf".to_owned(), "xvdg".to_owned()];
        wait(dev.path(), &[], Duration::ZERO);
        wait(dev.path(), &names, Duration::ZERO);
        let path = dev.path().to_owned();
        let coming = thread::spawn(move || {
            for name in ["xvdf", "xvdg"] {
                thread::sleep(LOOK_EVERY);
                std::fs::write(path.join(name), "").unwrap();
            }
        });
        wait(dev.path(), &names, Duration::from_secs(3600));
        assert!(dev.path().join("xvdg").exists());
        coming.join().unwrap();
    }
}
