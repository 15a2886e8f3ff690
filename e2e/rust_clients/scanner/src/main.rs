//! Prints what RustSec finds in the packages of a lock file, by a database in a folder: `ADVISORY PACKAGE VERSION`, one a line.

use std::path::Path;

use rustsec::{Database, Lockfile};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, lockfile] = &arguments[..] else {
        panic!("two arguments: the folder of the database, and the lock file");
    };
    let database = Database::open(Path::new(database)).expect("a database");
    let lockfile = Lockfile::load(lockfile).expect("a lock file");
    for found in database.vulnerabilities(&lockfile) {
        let package = &found.package;
        println!("{} {} {}", found.advisory.id, package.name, package.version);
    }
}
