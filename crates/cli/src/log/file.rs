//! A log file of bounded size: full, it becomes `NAME.1`, that one `NAME.2`, and the oldest goes.
//!
//! Own code, for the crates that rotate by size panic where a file of theirs was removed or a rename
//! fails, and a log must not end the program that writes it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::PathBuf,
};

use wharf_base::{Clock, SystemClock};

/// What is written of one line, in bytes.
const MAX_LINE: usize = 64 << 10;

pub struct LogFile {
    path: PathBuf,
    /// `None` until it is needed, and after an error.
    file: Option<File>,
    size: u64,
    limit: u64,
    /// How many files there are at most, this one included.
    files: usize,
    /// Lines that could not be written since the last that could.
    lost: u64,
}

impl LogFile {
    pub fn new(path: PathBuf, limit: u64, files: usize) -> Self {
        Self {
            path,
            file: None,
            size: 0,
            limit: limit.max(MAX_LINE as u64),
            files,
            lost: 0,
        }
    }

    /// Writes a line, or counts it as lost.
    pub fn write(&mut self, line: &[u8]) {
        let written = match line.len() > MAX_LINE {
            false => self.try_write(line),
            true => self.try_write(&[&line[..MAX_LINE - 4], "…\n".as_bytes()].concat()),
        };
        match written {
            Ok(()) => self.lost = 0,
            Err(_) => {
                self.lost += 1;
                // Part of the line may be there.
                self.file = None;
            }
        }
    }

    fn try_write(&mut self, line: &[u8]) -> io::Result<()> {
        let said = match self.lost {
            0 => Vec::new(),
            lost => {
                let now = SystemClock.now().iso8601();
                format!("\n{now}  WARN wharf: {lost} lines could not be written\n").into_bytes()
            }
        };
        // Somebody may have removed it.
        let is_there = |file: &File| file.metadata().is_ok_and(|it| it.nlink() > 0);
        if !self.file.as_ref().is_some_and(is_there) {
            self.open()?;
        }
        let length = (said.len() + line.len()) as u64;
        if self.size > 0 && self.size + length > self.limit {
            self.rotate()?;
        }
        let Some(file) = &mut self.file else {
            return Err(io::ErrorKind::NotFound.into());
        };
        file.write_all(&[&said, line].concat())?;
        self.size += length;
        Ok(())
    }

    fn open(&mut self) -> io::Result<()> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(nix::libc::O_NOFOLLOW)
            .open(&self.path)?;
        self.size = file.metadata()?.len();
        self.file = Some(file);
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        for number in (1..self.files.saturating_sub(1)).rev() {
            match fs::rename(self.numbered(number), self.numbered(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(&self.path, self.numbered(1))?;
        self.open()
    }

    fn numbered(&self, number: usize) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Files by name, with their sizes.
    fn sizes(folder: &tempfile::TempDir) -> Vec<(String, u64)> {
        let entries = fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
        let size = |it: fs::DirEntry| {
            let name = it.file_name().into_string().unwrap();
            (name, it.metadata().unwrap().len())
        };
        let mut all: Vec<_> = entries.map(size).collect();
        all.sort();
        all
    }

    fn line(number: usize) -> Vec<u8> {
        let mut line = format!("{number} ").into_bytes();
        line.resize(30 << 10, b'x');
        line.push(b'\n');
        line
    }

    #[test]
    fn all_files_together_have_a_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        // Two lines to a file.
        let mut log = LogFile::new(path.clone(), 64 << 10, 3);
        for number in 0..20 {
            log.write(&line(number));
        }
        let two = 2 * line(0).len() as u64;
        let names = ["a.log", "a.log.1", "a.log.2"].map(|name| (name.to_owned(), two));
        assert_eq!(sizes(&folder), names);
        assert!(fs::read(&path).unwrap().starts_with(b"18 "));
        assert!(
            fs::read(path.with_extension("log.2"))
                .unwrap()
                .starts_with(b"14 ")
        );
    }

    #[test]
    fn it_goes_on_where_a_killed_process_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        for number in 0..3 {
            // Nothing is kept back in memory, so dropping it or not is the same.
            std::mem::forget({
                let mut log = LogFile::new(path.clone(), 64 << 10, 3);
                log.write(&line(number));
                log
            });
        }
        assert_eq!(sizes(&folder).len(), 2);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn a_full_disk_costs_lines_and_nothing_else() {
        let mut log = LogFile::new("/dev/full".into(), 64 << 10, 3);
        log.write(b"a\n");
        log.write(b"b\n");
        assert_eq!(log.lost, 2);
        let folder = tempfile::tempdir().unwrap();
        log.path = folder.path().join("a.log");
        log.write(b"c\n");
        log.write(b"d\n");
        let text = fs::read_to_string(&log.path).unwrap();
        assert!(
            text.ends_with(" WARN wharf: 2 lines could not be written\nc\nd\n"),
            "{text}"
        );
    }

    #[test]
    fn a_removed_file_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let mut log = LogFile::new(path.clone(), 64 << 10, 3);
        log.write(b"a\n");
        fs::remove_file(&path).unwrap();
        log.write(b"b\n");
        assert_eq!(fs::read(&path).unwrap(), b"b\n");
        drop(folder);
        log.write(b"c\n");
        assert_eq!(log.lost, 1);
    }

    #[test]
    fn a_long_line_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        LogFile::new(path.clone(), 1, 3).write(&vec![b'x'; 1 << 20]);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.len() <= MAX_LINE && text.ends_with("…\n"));
    }
}
