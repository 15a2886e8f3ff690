//! The server of shared files, as its clients meet it.

use std::{fs, path::Path};

use wharf_file_server::fuzz::{self, Clients, Who};

use crate::input;

const CONTENT: &str = "nobody at the access point reads this";

/// Calls, each with its length before it: a byte that says who calls and how, then the arguments of a compound or all of a call.
/// They are answered over a few files, and reach nothing beside them.
pub fn call(bytes: &[u8]) {
    let outside = tempfile::tempdir().expect("there is room for temporary files");
    let folder = outside.path().join("tree");
    make(&folder).expect("there is room for temporary files");
    let Some(clients) = Clients::new(&folder) else {
        return;
    };
    let (mut all_at_point, mut all_may_only_read) = (true, true);
    for part in input::parts(bytes) {
        let Some((choice, call)) = input::choice(part) else {
            continue;
        };
        let who = Who {
            may_write: choice & 1 != 0,
            at_point: choice & 2 != 0,
            may_be_root: choice & 4 != 0,
            uid: if choice & 8 != 0 { 1000 } else { 0 },
        };
        all_at_point &= who.at_point;
        all_may_only_read &= !who.may_write;
        match choice & 16 {
            0 => clients.compound(who, call),
            _ => clients.call(who, call),
        }
    }
    assert_eq!(names(outside.path()), ["tree"], "it stays in its folder");
    if all_at_point || all_may_only_read {
        assert_eq!(names(&folder), ["file", "point"]);
        let file = fs::read_to_string(folder.join("file"));
        assert_eq!(file.ok().as_deref(), Some(CONTENT));
    }
    if all_may_only_read {
        assert_eq!(names(&folder.join("point")), ["inner", "link"]);
    }
}

fn make(folder: &Path) -> std::io::Result<()> {
    let point = folder.join("point");
    fs::create_dir_all(&point)?;
    fs::write(folder.join("file"), CONTENT)?;
    fs::write(point.join("inner"), "inner")?;
    std::os::unix::fs::symlink("../../..", point.join("link"))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is still there");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        let name = entry.expect("a readable folder").file_name();
        name.to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

/// What a connection begins with: the line of a ticket, or what one says in JSON.
pub fn ticket(bytes: &[u8]) {
    fuzz::ticket(bytes);
}
